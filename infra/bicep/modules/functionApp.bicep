// The Flex Consumption plan and the app on it. Every connection goes by the identity; no setting holds a secret.

@description('Name of the app; also its host name.')
param name string

@description('Name of the plan.')
param planName string

@description('Region.')
param location string

@description('Tags of every resource.')
param tags object

@description('Resource id of the identity of the app.')
param identityId string

@description('Client id of the identity of the app.')
param identityClientId string

@description('Addresses of the storage account that the host works with: leases, keys, task hub, deployment package.')
param hostStorage endpoints

@description('Addresses of the storage account of firmwares, artifacts and reports.')
param dataStorage endpoints

@description('Container of the host\'s account that holds the deployment package.')
param deploymentContainer string

@description('Where telemetry is sent.')
param insightsConnectionString string

@description('Memory of one instance in MB.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int

@description('The most instances that run at once.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int

@description('The most activities that one instance runs at once.')
@minValue(1)
param activitiesPerInstance int

@description('What one instance may hold in memory, in MB; less than it has, for the host beside the worker.')
param workerMemoryMB int

@description('Name of the task hub; runs of another hub are not seen.')
param taskHubName string

@description('Hosts that firmwares may be fetched from; none where it is empty.')
param allowedHosts string[]

@description('Address of the Key Vault secret that holds private keys of encrypted volumes as JSON, name to PEM; none where it is empty.')
param aeaKeysSecretUri string

@description('Address of the Key Vault secret that holds published keys of old devices, NAME=HEX each; none where it is empty.')
param publishedKeysSecretUri string

@description('Whether keys are not fetched from where Apple publishes them.')
param offline bool

@description('Days that a run and its report are kept.')
param runRetentionDays int

@description('Days that an unpacked firmware is kept after the last run that used it.')
param unpackedRetentionDays int

@description('When to look for what has passed its retention: an NCRONTAB expression, in UTC.')
param purgeSchedule string

@description('Addresses of one storage account.')
@export()
type endpoints = {
  @description('Blobs.')
  blob: string
  @description('Queues.')
  queue: string
  @description('Tables.')
  table: string
}

// What the app always needs. The names that the code reads are in src/Functions/AppSettings.cs; a test compares the two.
var settings = {
  AzureWebJobsStorage__blobServiceUri: hostStorage.blob
  AzureWebJobsStorage__queueServiceUri: hostStorage.queue
  AzureWebJobsStorage__tableServiceUri: hostStorage.table
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identityClientId
  IpswDiffStorage__blobServiceUri: dataStorage.blob
  IpswDiffStorage__queueServiceUri: dataStorage.queue
  IpswDiffStorage__tableServiceUri: dataStorage.table
  IpswDiffStorage__credential: 'managedidentity'
  IpswDiffStorage__clientId: identityClientId
  APPLICATIONINSIGHTS_CONNECTION_STRING: insightsConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
  AzureFunctionsJobHost__extensions__durableTask__hubName: taskHubName
  AzureFunctionsJobHost__extensions__durableTask__maxConcurrentActivityFunctions: string(activitiesPerInstance)
  IPSWDIFF_MEMORY_LIMIT_MB: string(workerMemoryMB)
  IPSWDIFF_ACTIVITIES_PER_INSTANCE: string(activitiesPerInstance)
  // As many shards of one run as instances may work on, but no more than a queue hands out well.
  IPSWDIFF_MAX_CONCURRENCY: string(min(maximumInstanceCount * activitiesPerInstance, 256))
  IPSWDIFF_ALLOWED_HOSTS: join(allowedHosts, ',')
  IPSWDIFF_AEA_KEYS: empty(aeaKeysSecretUri) ? '' : '@Microsoft.KeyVault(SecretUri=${aeaKeysSecretUri})'
  IPSWDIFF_KEYS: empty(publishedKeysSecretUri) ? '' : '@Microsoft.KeyVault(SecretUri=${publishedKeysSecretUri})'
  IPSWDIFF_OFFLINE: string(offline)
  IPSWDIFF_RUN_RETENTION_DAYS: string(runRetentionDays)
  IPSWDIFF_UNPACKED_RETENTION_DAYS: string(unpackedRetentionDays)
  IPSWDIFF_PURGE_SCHEDULE: purgeSchedule
}

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    tier: 'FlexConsumption'
    name: 'FC1'
  }
  properties: {
    reserved: true
  }
}

resource app 'Microsoft.Web/sites@2024-11-01' = {
  name: name
  location: location
  // azd finds the app to deploy to by this tag.
  tags: union(tags, { 'azd-service-name': 'functions' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identityId
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      http20Enabled: true
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${hostStorage.blob}${deploymentContainer}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: {
        name: 'dotnet-isolated'
        version: '10.0'
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
      }
    }
  }
}

resource appSettings 'Microsoft.Web/sites/config@2024-11-01' = {
  parent: app
  name: 'appsettings'
  properties: settings
}

resource ftpPasswords 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: app
  name: 'ftp'
  properties: {
    allow: false
  }
}

resource publishingPasswords 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: app
  name: 'scm'
  properties: {
    allow: false
  }
}

@description('Resource id of the app.')
output id string = app.id

@description('Name of the app.')
output name string = app.name

@description('Address of the API and its page.')
output address string = 'https://${app.properties.defaultHostName}'
