// The Durable Task Scheduler, in place of queues and tables of the host's storage account, for many runs at once.

@description('Name of the scheduler.')
param name string

@description('Region; the scheduler is not offered in all of them.')
param location string

@description('Tags of every resource.')
param tags object

@description('Name of the task hub.')
param taskHubName string

@description('Name of the identity of the app.')
param identityName string

@description('Addresses that may reach the scheduler. Identity decides who may use it.')
param ipAllowlist string[] = ['0.0.0.0/0']

var durableTaskDataContributor = '0ad04412-c4d5-4796-b79c-f76d14c8d402'

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' existing = {
  name: identityName
}

resource scheduler 'Microsoft.DurableTask/schedulers@2025-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    ipAllowlist: ipAllowlist
    sku: {
      name: 'Consumption'
    }
  }
}

resource taskHub 'Microsoft.DurableTask/schedulers/taskHubs@2025-11-01' = {
  parent: scheduler
  name: taskHubName
}

resource contributor 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: taskHub
  name: guid(taskHub.id, identity.id, durableTaskDataContributor)
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', durableTaskDataContributor)
  }
}

@description('Address of the scheduler.')
output endpoint string = scheduler.properties.endpoint
