// The one identity that the app, its deployment package and its telemetry use. User-assigned, so that its roles exist before the app does.

@description('Name of the identity.')
param name string

@description('Region.')
param location string

@description('Tags of every resource.')
param tags object

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: name
  location: location
  tags: tags
}

@description('Resource id of the identity.')
output id string = identity.id

@description('Client id, which the app names when it asks for a token.')
output clientId string = identity.properties.clientId

@description('Object id, which roles are assigned to.')
output principalId string = identity.properties.principalId
