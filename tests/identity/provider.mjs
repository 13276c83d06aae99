// An identity provider for the tests: the certified npm package `oidc-provider`, with people whom the tests change over HTTP.
// Arguments: the package, the port, the redirect URI, the client secret, and `id` to put all claims into ID tokens.
// With the variables TLS_KEY and TLS_CERT the provider speaks https.
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { readFileSync } from 'node:fs';

const [place, port, redirectUri, secret, style] = process.argv.slice(2);
const { Provider, errors } = await import(place);
const { TLS_KEY, TLS_CERT } = process.env;
const issuer = `${TLS_KEY ? 'https' : 'http'}://127.0.0.1:${port}`;
const people = new Map();
const counts = { refreshed: 0, refused: 0, signed_in: 0, keys_read: 0 };
// All tokens that the provider issued.
const handedOut = [];
let mode = 'normal';
// The delay of the answers of the token endpoint, milliseconds. The content of an answer is decided before the delay.
let delay = 0;
// A key set whose key signed no token.
const otherKeys = { keys: [{ kty: 'OKP', kid: 'other', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }] };

// The package's own store keeps only 1,000 objects.
const stored = new Map();
const grants = new Map();
class Store {
  constructor(name) { this.name = name; }
  key(id) { return `${this.name}:${id}`; }
  async upsert(id, payload) {
    stored.set(this.key(id), payload);
    if (payload.grantId) grants.set(payload.grantId, [...(grants.get(payload.grantId) ?? []), this.key(id)]);
  }
  async find(id) { return stored.get(this.key(id)); }
  async findByUid(uid) { return [...stored.values()].find((one) => one.uid === uid); }
  async findByUserCode() { return undefined; }
  async consume(id) { stored.get(this.key(id)).consumed = Math.floor(Date.now() / 1000); }
  async destroy(id) { stored.delete(this.key(id)); }
  async revokeByGrantId(grantId) {
    for (const key of grants.get(grantId) ?? []) stored.delete(key);
    grants.delete(grantId);
  }
}

const provider = new Provider(issuer, {
  adapter: Store,
  clients: [{
    client_id: 'portreeve',
    client_secret: secret,
    redirect_uris: [redirectUri],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
  }],
  claims: { openid: ['sub'], profile: ['preferred_username', 'groups', 'department'] },
  scopes: ['openid', 'profile', 'email', 'offline_access'],
  conformIdTokenClaims: style !== 'id',
  cookies: { keys: ['not a secret'] },
  features: { devInteractions: { enabled: false } },
  findAccount: async (_, id) => {
    const person = people.get(id);
    if (!person || person.disabled) return undefined;
    if (person.unclear) throw new errors.CustomOIDCProviderError('interaction_required', 'sign in again');
    return { accountId: id, claims: async () => ({ sub: id, ...person.claims }) };
  },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  pkce: { required: () => true },
  rotateRefreshToken: true,
  ttl: { AccessToken: 600, IdToken: 600, RefreshToken: 86400, Session: 600, Interaction: 600, Grant: 86400, AuthorizationCode: 60 },
});
provider.on('server_error', (_, error) => console.error(error));
provider.on('grant.success', (ctx) => {
  counts[ctx.oidc.params.grant_type === 'refresh_token' ? 'refreshed' : 'signed_in'] += 1;
  const { access_token, refresh_token, id_token } = ctx.body;
  handedOut.push(...[access_token, refresh_token, id_token].filter(Boolean));
});
provider.on('grant.error', (ctx, error) => { counts.refused += 1; });

async function body(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return JSON.parse(Buffer.concat(parts).toString() || 'null');
}

// Handles the requests of the tests: they change people, the mode and the delay, and read the tokens and the counts.
async function control(request, response, url) {
  const answer = (value) => response.end(JSON.stringify(value));
  if (url.pathname === '/test/people') {
    for (const [id, person] of Object.entries(await body(request))) people.set(id, person);
    return answer(people.size);
  }
  if (url.pathname === '/test/mode') { mode = await body(request); return answer(mode); }
  if (url.pathname === '/test/delay') { delay = await body(request); return answer(delay); }
  if (url.pathname === '/test/tokens') return answer(handedOut);
  return answer(counts);
}

async function interaction(request, response, url) {
  const details = await provider.interactionDetails(request, response);
  const accountId = url.searchParams.get('login');
  if (accountId === 'nobody') {
    return provider.interactionFinished(request, response, { error: 'access_denied' });
  }
  const grant = new provider.Grant({ accountId, clientId: details.params.client_id });
  grant.addOIDCScope(details.params.scope);
  const consent = { grantId: await grant.save() };
  return provider.interactionFinished(request, response, { login: { accountId }, consent });
}

const answer = provider.callback();
const handle = (request, response) => {
  const url = new URL(request.url, issuer);
  const failed = (error) => { response.statusCode = 500; response.end(String(error)); };
  if (url.pathname.startsWith('/test/')) return control(request, response, url).catch(failed);
  if (url.pathname.startsWith('/interaction/')) return interaction(request, response, url).catch(failed);
  if (mode === 'silent') return undefined;
  if (mode === 'failing') { response.statusCode = 503; return response.end('down'); }
  if (mode === 'large') return response.end('x'.repeat(3_000_000));
  if (mode === 'redirecting') { response.writeHead(302, { location: 'http://127.0.0.1:1/' }); return response.end(); }
  if (mode === 'invalid_client' && url.pathname === '/token') {
    response.writeHead(401, { 'content-type': 'application/json' });
    return response.end(JSON.stringify({ error: 'invalid_client' }));
  }
  if (url.pathname === '/jwks') {
    counts.keys_read += 1;
    if (mode === 'other_keys') return response.end(JSON.stringify(otherKeys));
  }
  if (mode === 'failing_token' && url.pathname === '/token') { response.statusCode = 500; return response.end('down'); }
  if (mode === 'failing_userinfo' && url.pathname === '/me') { response.statusCode = 500; return response.end('down'); }
  if (mode === 'large_userinfo' && url.pathname === '/me') return response.end('x'.repeat(300_000));
  // The provider has issued the tokens, and its answer is too long.
  if (mode === 'large_token' && url.pathname === '/token') {
    const end = response.end.bind(response);
    response.end = (text) => {
      response.removeHeader('content-length');
      return end(JSON.stringify({ ...JSON.parse(String(text)), more: 'x'.repeat(300_000) }));
    };
  }
  if (mode === 'nameless_userinfo' && url.pathname === '/me') {
    return response.end(JSON.stringify({ preferred_username: 'alice', groups: ['admins'], department: 'x' }));
  }
  if (delay > 0 && url.pathname === '/token') {
    const end = response.end.bind(response);
    response.end = (...rest) => { setTimeout(() => end(...rest), delay); return response; };
  }
  return answer(request, response);
};
const server = TLS_KEY
  ? createTlsServer({ key: readFileSync(TLS_KEY), cert: readFileSync(TLS_CERT) }, handle)
  : createServer(handle);
server.listen(Number(port), '127.0.0.1', () => console.log('ready'));
