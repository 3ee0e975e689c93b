// What a person should hear about: runs that failed, messages that nobody could handle, events that got lost.

@description('Beginning of the names of the alerts.')
param namePrefix string

@description('Region of the log alerts.')
param location string

@description('Tags of every resource.')
param tags object

@description('Resource id of the Log Analytics workspace.')
param workspaceId string

@description('Resource id of the Event Grid topic of the firmwares.')
param topicId string

@description('Addresses that get mail; with none, the alerts are seen in the portal only.')
param emails string[]

var logAlerts = [
  {
    name: 'failed-runs'
    title: 'Runs that failed or ended incomplete'
    severity: 2
    // The beginning of the message is RunLog.Failed in src/Functions; a test compares the two.
    query: 'AppTraces | where Message startswith "Run failed:"'
  }
  {
    name: 'poison-messages'
    title: 'Messages moved to a poison queue'
    severity: 1
    query: 'AppTraces | where Message has "Moving message to queue" and Message has "poison"'
  }
  {
    name: 'failed-functions'
    title: 'Functions that threw'
    severity: 3
    query: 'AppRequests | where Success == false and toint(ResultCode) !between (400 .. 499)'
  }
]

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(emails)) {
  name: '${namePrefix}-people'
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'ipswdiff'
    emailReceivers: [
      for (email, index) in emails: {
        name: 'mail-${index}'
        emailAddress: email
        useCommonAlertSchema: true
      }
    ]
  }
}

resource logRules 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for alert in logAlerts: {
    name: '${namePrefix}-${alert.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: alert.title
      severity: alert.severity
      enabled: true
      scopes: [workspaceId]
      evaluationFrequency: 'PT15M'
      windowSize: 'PT15M'
      // The tables come into being with the first telemetry, after the rules.
      skipQueryValidation: true
      autoMitigate: true
      criteria: {
        allOf: [
          {
            query: alert.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
          }
        ]
      }
      actions: {
        actionGroups: empty(emails) ? [] : [people.id]
      }
    }
  }
]

resource lostEvents 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: '${namePrefix}-lost-events'
  location: 'global'
  tags: tags
  properties: {
    description: 'Firmware events that the app did not take: they lie in the dead-letter container.'
    severity: 2
    enabled: true
    scopes: [topicId]
    evaluationFrequency: 'PT15M'
    windowSize: 'PT15M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'dead-lettered'
          metricName: 'DeadLetteredCount'
          timeAggregation: 'Total'
          operator: 'GreaterThan'
          threshold: 0
        }
      ]
    }
    actions: empty(emails)
      ? []
      : [
          {
            actionGroupId: people.id
          }
        ]
  }
}
