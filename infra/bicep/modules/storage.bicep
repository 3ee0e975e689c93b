// A storage account without keys: Entra ID only, TLS 1.2, no public blobs, deleted blobs kept for a few days.

@description('Name of the account: 3 to 24 lower-case letters and digits.')
@minLength(3)
@maxLength(24)
param name string

@description('Region.')
param location string

@description('Tags of every resource.')
param tags object

@description('How the data is replicated. Everything here can be made again from the firmwares, so local redundancy is the default.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS'])
param sku string = 'Standard_LRS'

@description('Blob containers.')
param containers string[]

@description('Tables.')
param tables string[] = []

@description('Days that a deleted blob or container can be brought back.')
@minValue(1)
@maxValue(365)
param softDeleteDays int = 7

@description('Names of blobs that a lifecycle rule deletes some days after they were last written.')
param expiringBlobs expiring[] = []

@description('Blobs by the beginning of their name, container first, and how long they are kept.')
type expiring = {
  @description('Name of the rule.')
  name: string
  @description('Beginnings of names, each with its container: `artifacts/work/`.')
  prefixes: string[]
  @description('Days after the last write.')
  @minValue(1)
  days: int
}

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: sku
  }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' = {
  parent: account
  name: 'default'
  properties: {
    deleteRetentionPolicy: {
      enabled: true
      days: softDeleteDays
    }
    containerDeleteRetentionPolicy: {
      enabled: true
      days: softDeleteDays
    }
  }
}

resource blobContainers 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' = [
  for container in containers: {
    parent: blobs
    name: container
    properties: {
      publicAccess: 'None'
    }
  }
]

resource tableService 'Microsoft.Storage/storageAccounts/tableServices@2024-01-01' = if (!empty(tables)) {
  parent: account
  name: 'default'
}

resource tableList 'Microsoft.Storage/storageAccounts/tableServices/tables@2024-01-01' = [
  for table in tables: {
    parent: tableService
    name: table
  }
]

resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2024-01-01' = if (!empty(expiringBlobs)) {
  parent: account
  name: 'default'
  dependsOn: [
    blobs
  ]
  properties: {
    policy: {
      rules: [
        for rule in expiringBlobs: {
          name: rule.name
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: {
              blobTypes: ['blockBlob']
              prefixMatch: rule.prefixes
            }
            actions: {
              baseBlob: {
                delete: {
                  daysAfterModificationGreaterThan: rule.days
                }
              }
            }
          }
        }
      ]
    }
  }
}

@description('Resource id of the account.')
output id string = account.id

@description('Name of the account.')
output name string = account.name

@description('Address of its blobs.')
output blobEndpoint string = account.properties.primaryEndpoints.blob

@description('Address of its queues.')
output queueEndpoint string = account.properties.primaryEndpoints.queue

@description('Address of its tables.')
output tableEndpoint string = account.properties.primaryEndpoints.table
