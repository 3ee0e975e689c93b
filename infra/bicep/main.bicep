// Everything IpswDiff needs in the cloud, in one resource group of its own: delete the group and nothing is left.

targetScope = 'subscription'

@description('Name of the environment; part of every name.')
@minLength(1)
@maxLength(40)
param environmentName string

@description('Region of everything.')
param location string

@description('Name of the resource group; empty derives it from the environment.')
param resourceGroupName string = ''

@description('Memory of one instance in MB. 512 is the cheapest and holds every activity of an ordinary pair; more does more at once.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 512

@description('The most instances that run at once, which is the most that a run can cost in a minute.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 100

@description('Hosts that firmwares may be fetched from when a comparison names them by address; none where it is empty.')
param allowedHosts string[] = ['updates.cdn-apple.com', 'secure-appldnld.apple.com']

@description('Address of the Key Vault secret that holds private keys of encrypted volumes as JSON, name to PEM; the app\'s identity must be allowed to read it.')
param aeaKeysSecretUri string = ''

@description('Address of the Key Vault secret that holds published keys of old devices, NAME=HEX each; none where it is empty.')
param publishedKeysSecretUri string = ''

@description('Whether keys are not fetched from where Apple publishes them.')
param offline bool = false

@description('Days that a run and its report are kept.')
@minValue(1)
param runRetentionDays int = 90

@description('Days that an unpacked firmware is kept after the last run that used it.')
@minValue(1)
param unpackedRetentionDays int = 14

@description('When to look for what has passed its retention: an NCRONTAB expression, in UTC.')
param purgeSchedule string = '0 17 * * * *'

@description('Replication of both storage accounts.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS'])
param storageSku string = 'Standard_LRS'

@description('Days that telemetry is kept.')
@minValue(30)
@maxValue(730)
param telemetryRetentionDays int = 30

@description('Addresses that get mail when a run fails.')
param alertEmails string[] = []

@description('Object id of who may drop firmwares and read reports beside the app; empty for nobody.')
param operatorPrincipalId string = ''

@description('What the operator is.')
@allowed(['User', 'Group', 'ServicePrincipal'])
param operatorPrincipalType string = 'User'

var suffix = uniqueString(subscription().id, environmentName, location)
var tags = { 'azd-env-name': environmentName }
var identityName = 'id-ipswdiff-${suffix}'
var hostAccountName = 'sthost${suffix}'
var dataAccountName = 'stdata${suffix}'
var deploymentContainer = 'deployments'
var taskHubName = 'ipswdiff'

// By instance size: processor cores come with memory (a quarter, one, two), and the host takes a part of the memory for itself.
var shapes = {
  '512': { activities: 1, workerMemoryMB: 400 }
  '2048': { activities: 2, workerMemoryMB: 1640 }
  '4096': { activities: 4, workerMemoryMB: 3280 }
}
var shape = shapes[string(instanceMemoryMB)]

resource group 'Microsoft.Resources/resourceGroups@2024-11-01' = {
  name: empty(resourceGroupName) ? 'rg-${environmentName}' : resourceGroupName
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  scope: group
  params: {
    name: identityName
    location: location
    tags: tags
  }
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  dependsOn: [identity]
  params: {
    workspaceName: 'log-ipswdiff-${suffix}'
    insightsName: 'appi-ipswdiff-${suffix}'
    location: location
    tags: tags
    retentionDays: telemetryRetentionDays
    identityName: identityName
  }
}

// Two accounts: the host's leases, queues and task hub are busy and small, the firmwares large; neither slows the other down.
module hostStorage 'modules/storage.bicep' = {
  scope: group
  params: {
    name: hostAccountName
    location: location
    tags: tags
    sku: storageSku
    containers: [deploymentContainer]
  }
}

module dataStorage 'modules/storage.bicep' = {
  scope: group
  params: {
    name: dataAccountName
    location: location
    tags: tags
    sku: storageSku
    containers: ['firmwares', 'artifacts', 'dead-letters']
    tables: ['runs', 'firmwares', 'activities']
    expiringBlobs: [
      {
        // The app's own timer deletes these at their retention; the rule is for what it could not delete. Unpacked firmwares are not
        // among them: what was written long ago may be in use today.
        name: 'artifacts-left-behind'
        prefixes: ['artifacts/runs/']
        days: runRetentionDays + 30
      }
      {
        name: 'dead-letters'
        prefixes: ['dead-letters/']
        days: 30
      }
    ]
  }
}

module hostRoles 'modules/storageRoles.bicep' = {
  scope: group
  dependsOn: [hostStorage]
  params: {
    accountName: hostAccountName
    principalId: identity.outputs.principalId
    principalName: identityName
    roles: ['blobOwner', 'queueContributor', 'tableContributor']
  }
}

module dataRoles 'modules/storageRoles.bicep' = {
  scope: group
  dependsOn: [dataStorage]
  params: {
    accountName: dataAccountName
    principalId: identity.outputs.principalId
    principalName: identityName
    roles: ['blobOwner', 'queueContributor', 'tableContributor']
  }
}

module operatorRoles 'modules/storageRoles.bicep' = if (!empty(operatorPrincipalId)) {
  scope: group
  dependsOn: [dataStorage]
  params: {
    accountName: dataAccountName
    principalId: operatorPrincipalId
    principalName: operatorPrincipalId
    principalType: operatorPrincipalType
    roles: ['blobContributor']
  }
}

module functionApp 'modules/functionApp.bicep' = {
  scope: group
  // Without its roles the host cannot read its own storage and the first start fails.
  dependsOn: [hostRoles, dataRoles]
  params: {
    name: 'func-ipswdiff-${suffix}'
    planName: 'plan-ipswdiff-${suffix}'
    location: location
    tags: tags
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    hostStorage: {
      blob: hostStorage.outputs.blobEndpoint
      queue: hostStorage.outputs.queueEndpoint
      table: hostStorage.outputs.tableEndpoint
    }
    dataStorage: {
      blob: dataStorage.outputs.blobEndpoint
      queue: dataStorage.outputs.queueEndpoint
      table: dataStorage.outputs.tableEndpoint
    }
    deploymentContainer: deploymentContainer
    insightsConnectionString: monitoring.outputs.connectionString
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    activitiesPerInstance: shape.activities
    workerMemoryMB: shape.workerMemoryMB
    taskHubName: taskHubName
    allowedHosts: allowedHosts
    aeaKeysSecretUri: aeaKeysSecretUri
    publishedKeysSecretUri: publishedKeysSecretUri
    offline: offline
    runRetentionDays: runRetentionDays
    unpackedRetentionDays: unpackedRetentionDays
    purgeSchedule: purgeSchedule
  }
}

module firmwareTopic 'modules/firmwareTopic.bicep' = {
  scope: group
  params: {
    name: 'evgt-ipswdiff-${suffix}'
    location: location
    tags: tags
    storageAccountId: dataStorage.outputs.id
    identityId: identity.outputs.id
  }
}

module alerts 'modules/alerts.bicep' = {
  scope: group
  params: {
    namePrefix: 'alert-ipswdiff-${suffix}'
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    topicId: firmwareTopic.outputs.id
    emails: alertEmails
  }
}

@description('The resource group of everything.')
output AZURE_RESOURCE_GROUP string = group.name

@description('Name of the app.')
output FUNCTION_APP_NAME string = functionApp.outputs.name

@description('Address of the API and its page.')
output FUNCTION_APP_ADDRESS string = functionApp.outputs.address

@description('Storage account that firmwares are dropped into.')
output DATA_STORAGE_ACCOUNT string = dataStorage.outputs.name

@description('Event Grid topic of that account.')
output FIRMWARE_TOPIC_NAME string = firmwareTopic.outputs.name

@description('Resource id of the identity of the app.')
output IDENTITY_ID string = identity.outputs.id
