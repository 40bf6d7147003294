// An authorization server that this project did not write, set up for the proof: nothing here answers a request of the sign-in.
//
// It believes that it is https://login.proof.example behind a proxy, and listens on a free port of this computer, which is its
// first line of output. It ends with its standard input. `POST /later` with a number of seconds lets its time pass.

import { createServer } from 'node:http';

import { Provider } from 'oidc-provider';

// Whatever the server dates comes from here, so that a test can let codes and tokens expire without waiting.
const now = Date.now.bind(Date);
let later = 0;
Date.now = () => now() + later * 1000;

const CODES = ['authorization_code', 'refresh_token'];
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';

const client = (client_id, more) => ({
  client_id,
  application_type: 'native',
  response_types: ['code'],
  grant_types: CODES,
  token_endpoint_auth_method: 'none',
  ...more,
});

const provider = new Provider('https://login.proof.example', {
  clients: [
    client('desktop', { redirect_uris: ['http://127.0.0.1/callback', 'http://localhost/'], grant_types: [...CODES, DEVICE] }),
    client('basic', { redirect_uris: ['http://127.0.0.1/callback'], client_secret: 'basic-hush', token_endpoint_auth_method: 'client_secret_basic' }),
    client('form', { redirect_uris: ['http://127.0.0.1/callback'], client_secret: 'form-hush', token_endpoint_auth_method: 'client_secret_post' }),
    // A web application: its redirect's port has to be the registered one.
    client('fixed', { application_type: 'web', redirect_uris: ['http://localhost:43901/callback'] }),
    client('no-device', { redirect_uris: ['http://127.0.0.1/callback'] }),
  ],
  scopes: ['openid', 'offline_access', 'people.read', 'chat.write'],
  // What a test is about is the flow; which account was chosen is seen at /me.
  findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
  pkce: { methods: ['S256'], required: () => true },
  rotateRefreshToken: true,
  issueRefreshToken: (_, asking) => asking.grantTypeAllowed('refresh_token'),
  ttl: { AuthorizationCode: 60, AccessToken: 600, DeviceCode: 300, RefreshToken: 86400, IdToken: 600, Interaction: 3600, Session: 86400, Grant: 86400 },
  cookies: { keys: ['only for the proof'] },
  features: { deviceFlow: { enabled: true }, devInteractions: { enabled: true }, userinfo: { enabled: true }, revocation: { enabled: true } },
});
// Requests come through the proxy that the test plays.
provider.proxy = true;

const answer = provider.callback();
const server = createServer((request, response) => {
  if (request.method === 'POST' && request.url === '/later') {
    let seconds = '';
    request.on('data', (part) => { seconds += part; });
    request.on('end', () => {
      later += Number(seconds);
      response.writeHead(204).end();
    });
    return;
  }
  answer(request, response);
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.on('end', () => process.exit(0)).resume();
