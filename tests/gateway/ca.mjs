/** Prints the public certificate authority of the gateway's default certificate. */
import { TLS_CA_CERT } from './node_modules/wechaty-puppet-service/dist/esm/src/auth/ca.js'

console.log(TLS_CA_CERT)
