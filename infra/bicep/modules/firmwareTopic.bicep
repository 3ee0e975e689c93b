// What the storage account of the firmwares has to say, as an Event Grid topic. Who listens is firmwareEvents.bicep.

@description('Name of the topic.')
param name string

@description('Region.')
param location string

@description('Tags of every resource.')
param tags object

@description('Resource id of the storage account whose blobs are told about.')
param storageAccountId string

@description('Resource id of the identity that writes events nobody took to the dead-letter container.')
param identityId string

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: name
  location: location
  tags: tags
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    source: storageAccountId
    topicType: 'Microsoft.Storage.StorageAccounts'
  }
}

@description('Resource id of the topic.')
output id string = topic.id

@description('Name of the topic.')
output name string = topic.name
