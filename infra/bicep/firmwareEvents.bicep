// Tells the app about every firmware that drops into the container. A deployment of its own, because Event Grid asks the app to
// answer before it subscribes: the app must have been provisioned (main.bicep) and deployed. azure.yaml runs it after each deployment.

targetScope = 'resourceGroup'

@description('Name of the Event Grid topic of the storage account of the firmwares.')
param topicName string

@description('Name of the app.')
param functionAppName string

@description('Name of the storage account of the firmwares.')
param storageAccountName string

@description('Resource id of the identity that writes to the dead-letter container.')
param identityId string

@description('Name of the blob-triggered function.')
param functionName string = 'FirmwareDropped'

@description('Container that firmwares are dropped into.')
param firmwareContainer string = 'firmwares'

@description('Container for events that nobody took.')
param deadLetterContainer string = 'dead-letters'

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: topicName
}

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: storageAccountName
}

resource app 'Microsoft.Web/sites@2024-11-01' existing = {
  name: functionAppName
}

resource dropped 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: 'firmware-dropped'
  properties: {
    eventDeliverySchema: 'EventGridSchema'
    destination: {
      endpointType: 'WebHook'
      properties: {
        endpointUrl: 'https://${app.properties.defaultHostName}/runtime/webhooks/blobs?functionName=Host.Functions.${functionName}&code=${listKeys('${app.id}/host/default', app.apiVersion).systemKeys.blobs_extension}'
        maxEventsPerBatch: 1
      }
    }
    filter: {
      includedEventTypes: ['Microsoft.Storage.BlobCreated']
      subjectBeginsWith: '/blobServices/default/containers/${firmwareContainer}/blobs/'
      advancedFilters: [
        {
          // The calls after which a block blob is whole.
          operatorType: 'StringIn'
          key: 'data.api'
          values: ['PutBlob', 'PutBlockList', 'CopyBlob', 'FlushWithClose']
        }
      ]
    }
    retryPolicy: {
      maxDeliveryAttempts: 30
      eventTimeToLiveInMinutes: 1440
    }
    deadLetterWithResourceIdentity: {
      identity: {
        type: 'UserAssigned'
        userAssignedIdentity: identityId
      }
      deadLetterDestination: {
        endpointType: 'StorageBlob'
        properties: {
          resourceId: account.id
          blobContainerName: deadLetterContainer
        }
      }
    }
  }
}
