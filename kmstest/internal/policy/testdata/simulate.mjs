// Reads a JSON array of simulations from standard input and writes the array of
// their results. The argument is a directory in which iam-simulate is installed.
//
// It reaches for the core of the package: the function for everybody drops the
// encryption context of a request, and the one without checks cannot load a
// resource policy (both in version 0.1.173).
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const modules = pathToFileURL(`${process.argv[2]}/node_modules/@cloud-copilot/`)
const load = (path) => import(new URL(path, modules))
const { loadPolicy } = await load('iam-policy/dist/esm/index.js')
const { authorize } = await load('iam-simulate/dist/esm/core_engine/CoreSimulatorEngine.js')
const { AwsRequestImpl } = await load('iam-simulate/dist/esm/request/request.js')
const { RequestContextImpl } = await load('iam-simulate/dist/esm/requestContext.js')
const { DiscoveryContextKeyConstraints } = await load('iam-simulate/dist/esm/context_keys/discoveryContextKeyConstraints.js')

const everything = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' }] }

function simulate({ principal, action, resource, account, context, key, identity }) {
  return authorize({
    request: new AwsRequestImpl(principal, { resource, accountId: account }, action, new RequestContextImpl(context)),
    identityPolicies: identity.map((policy, i) => loadPolicy(policy, { name: `identity ${i}` })),
    resourcePolicy: key ? loadPolicy(key, { name: 'key' }) : undefined,
    serviceControlPolicies: [],
    resourceControlPolicies: [{ orgIdentifier: 'root', policies: [loadPolicy(everything, { name: 'everything' })] }],
    simulationParameters: { simulationMode: 'Strict', discoveryContextKeyConstraints: new DiscoveryContextKeyConstraints([]) },
    serviceSettings: { s3: {} },
  }).result
}

const results = JSON.parse(readFileSync(0, 'utf8')).map((simulation) => {
  try {
    return simulate(simulation)
  } catch (error) {
    return `error: ${error.message}`
  }
})
process.stdout.write(JSON.stringify(results))
