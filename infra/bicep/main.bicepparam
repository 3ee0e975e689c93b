using 'main.bicep'

// azd sets these; `azd env set NAME VALUE` changes one.
param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'ipswdiff')
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')
param operatorPrincipalId = readEnvironmentVariable('AZURE_PRINCIPAL_ID', '')
param operatorPrincipalType = readEnvironmentVariable('AZURE_PRINCIPAL_TYPE', 'User') == 'ServicePrincipal'
  ? 'ServicePrincipal'
  : 'User'

// 512 (also when nothing is set), 2048 or 4096.
var instanceMemory = readEnvironmentVariable('IPSWDIFF_INSTANCE_MEMORY_MB', '512')
param instanceMemoryMB = instanceMemory == '4096' ? 4096 : instanceMemory == '2048' ? 2048 : 512
param maximumInstanceCount = int(readEnvironmentVariable('IPSWDIFF_MAX_INSTANCES', '100'))

param allowedHosts = ['updates.cdn-apple.com', 'secure-appldnld.apple.com']
param runRetentionDays = 90
param alertEmails = empty(readEnvironmentVariable('IPSWDIFF_ALERT_EMAIL', ''))
  ? []
  : [readEnvironmentVariable('IPSWDIFF_ALERT_EMAIL', '')]
