// A person with a real browser signs in, creates a key, uses the key with docker and a real registry, connects a
// command line, and is refused in several ways. Each page is checked in light and dark, wide and narrow: axe finds no
// fault, nothing scrolls sideways, and the browser reports no violation of the content policy and no error. Pictures
// are in SHOTS.
//
// browser.rs runs this program. Environment variables name the addresses and folders.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const { SERVER, REGISTRY, TOOLS, SHOTS, FOLDER, PROGRAM, ADMIN, USER, PASSWORD, KUBECTL, CHROMIUM } = process.env;
const require = createRequire(join(TOOLS, 'node_modules', 'x.js'));
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
mkdirSync(SHOTS, { recursive: true });

const LOOKS = [
    ['light', 1440], ['dark', 1440], ['light', 360], ['dark', 360],
];
let looked = 0;
const troubles = [];

function check(truth, what) {
    if (!truth) throw new Error(what);
}

/** Opens a browser for one person. Errors go to `troubles`, except those of a refusal that the test expects. */
async function person(browser) {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const page = await context.newPage();
    await page.addInitScript(() => {
        window.violations = [];
        document.addEventListener('securitypolicyviolation', event => {
            window.violations.push(`${event.violatedDirective} ${event.blockedURI}`);
        });
    });
    page.on('console', message => {
        const text = message.text();
        // The browser reports each answer with a status of 400 or above, even if the test expects the answer.
        const isRefusal = /Failed to load resource: the server responded with a status of 4\d\d/.test(text);
        if (message.type() === 'error' && !(page.isRefusalExpected && isRefusal)) {
            troubles.push(`console at ${page.url()}: ${text}`);
        }
    });
    page.on('pageerror', error => troubles.push(`error at ${page.url()}: ${error}`));
    page.on('requestfailed', request => {
        // The request for a picture is cancelled if the next page is opened meanwhile.
        const why = request.failure()?.errorText;
        if (why !== 'net::ERR_ABORTED') troubles.push(`${request.url()}: ${why}`);
    });
    return page;
}

/** Checks a page in every size and colour scheme, with large text, and with the colours of the system. */
async function look(page, name) {
    for (const [scheme, width] of LOOKS) {
        await page.setViewportSize({ width, height: width < 800 ? 780 : 900 });
        await page.emulateMedia({ colorScheme: scheme });
        await page.evaluate(axe);
        const found = await page.evaluate(async () => {
            const options = { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] };
            const result = await window.axe.run(document, options);
            return result.violations.map(one => `${one.id}: ${one.nodes.map(node => node.target).join(' ')}`);
        });
        found.forEach(one => troubles.push(`axe, ${name} ${scheme} ${width}: ${one}`));
        const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
        if (wide > room) troubles.push(`${name} ${scheme} ${width}: ${wide} px wide`);
        const scripts = await page.evaluate(() => document.scripts.length);
        if (scripts > 0) troubles.push(`${name}: ${scripts} scripts`);
        await page.screenshot({ path: join(SHOTS, `${name}-${scheme}-${width}.png`), fullPage: true });
        looked += 1;
    }
    // The text is enlarged, and the colours are those of the system instead of the page's.
    await page.evaluate(() => { document.documentElement.style.fontSize = '187.5%'; });
    const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    if (wide > room) troubles.push(`${name} with large text: ${wide} px wide`);
    await page.screenshot({ path: join(SHOTS, `${name}-large-360.png`), fullPage: true });
    await page.evaluate(() => { document.documentElement.style.fontSize = ''; });
    await page.emulateMedia({ colorScheme: 'light', forcedColors: 'active' });
    await page.screenshot({ path: join(SHOTS, `${name}-forced-360.png`), fullPage: true });
    await page.emulateMedia({ forcedColors: 'none' });
    const violations = await page.evaluate(() => window.violations);
    violations.forEach(one => troubles.push(`policy, ${name}: ${one}`));
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.emulateMedia({ colorScheme: 'light' });
}

/** Does something that the page refuses, and checks the refusal. */
async function refused(page, name, status, text, act) {
    page.isRefusalExpected = true;
    const [response] = await Promise.all([page.waitForResponse(one => one.status() === status), act()]);
    await page.waitForLoadState();
    check((await page.textContent('main')).includes(text), `${name}: ${await page.textContent('main')}`);
    await look(page, name);
    page.isRefusalExpected = false;
    return response;
}

function shell(line, environment = {}) {
    const env = { PATH: process.env.PATH, HOME: FOLDER, DOCKER_CONFIG: join(FOLDER, 'docker'), ...environment };
    const said = spawnSync('timeout', ['60', 'sh', '-c', line], { env, cwd: FOLDER, encoding: 'utf8' });
    return { ok: said.status === 0, text: said.stdout + said.stderr };
}

const push = () => shell(
    `skopeo copy --dest-tls-verify=false --dest-authfile docker/config.json tarball:content.tar docker://${REGISTRY}/team/app:1`,
);

async function api(method, path, body) {
    const headers = { authorization: `Basic ${Buffer.from(ADMIN).toString('base64')}` };
    if (body) headers['content-type'] = 'application/json';
    const answer = await fetch(`${SERVER}/api/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
    check(answer.ok, `${method} ${path}: ${answer.status} ${await answer.clone().text()}`);
    return answer.status === 204 ? null : answer.json();
}

async function signIn(page, user, password) {
    await page.fill('#user', user);
    await page.fill('#password', password);
    await page.click('main button');
}

/** Starts a login on the command line. Returns a promise of the shown code, and a promise of the end of the command. */
function loginByDevice() {
    const env = { PATH: process.env.PATH, HOME: FOLDER };
    const child = spawn(PROGRAM, ['login', SERVER], { env, cwd: FOLDER });
    let said = '';
    const ended = new Promise(done => child.on('close', code => done({ code, said: () => said })));
    const code = new Promise((done, fail) => {
        setTimeout(() => fail(new Error(`no code: ${said}`)), 20000);
        const hear = data => {
            said += data;
            const shown = said.match(/code ([A-Z]{4}-[A-Z]{4})/);
            if (shown) done(shown[1]);
        };
        child.stderr.on('data', hear);
        child.stdout.on('data', hear);
    });
    return { code, ended };
}

async function keys(page) {
    await page.goto(`${SERVER}/signin/keys`);
    check(page.url().endsWith('/signin'), page.url());
    await look(page, '01-sign-in');
    await refused(page, '02-wrong-password', 403, 'is wrong', () => signIn(page, USER, 'not the password'));
    await signIn(page, USER, PASSWORD);
    await page.waitForURL('**/signin/keys');
    await look(page, '03-no-keys');
    await refused(page, '04-bad-registry', 422, 'must be a host', async () => {
        await page.fill('#name', 'laptop');
        await page.fill('#registry', 'https://not a host');
        await page.click('form.make button');
    });
    await page.fill('#name', 'laptop');
    await page.fill('#registry', REGISTRY);
    await page.click('form.make button');
    await page.waitForSelector('#key');
    await look(page, '05-new-key');
    const key = await page.textContent('#key');
    const line = async title => (await page.textContent(`pre[aria-label="${title}"]`)).trim();

    // Every shown line is run as it would be pasted, apart from flags that the test needs.
    const ci = shell(await line('CI'), { REGISTRY_KEY: key });
    check(ci.ok && ci.text.includes('Login Succeeded'), ci.text);
    const pushed = push();
    check(pushed.ok, pushed.text);
    for (const title of ['Docker', 'Podman']) {
        // The key is pasted at a terminal.
        const text = (await line(title)).replace('podman login', 'podman login --tls-verify=false');
        const pasted = shell(`printf '%s\\n' "$KEY" | script --quiet --return --command '${text}' /dev/null`, { KEY: key });
        check(pasted.ok && pasted.text.includes('Login Succeeded'), `${title}: ${pasted.text}`);
    }
    const made = shell(`PATH=${KUBECTL}:$PATH; ${await line('Kubernetes pull secret')} --dry-run=client --output json`, { REGISTRY_KEY: key });
    check(made.ok, made.text);
    const secret = JSON.parse(made.text);
    const auth = JSON.parse(Buffer.from(secret.data['.dockerconfigjson'], 'base64')).auths[REGISTRY];
    check(auth.username === USER && auth.password === key, JSON.stringify(auth));

    // The page shows the use of the key a few seconds later.
    await page.click('text=Back to your keys');
    for (let tries = 0; !(await page.textContent('table')).includes('from 127.0.0.1'); tries += 1) {
        check(tries < 30, 'the use of the key is not seen');
        await page.waitForTimeout(500);
        await page.reload();
    }
    await api('POST', `/users/${USER}/access-keys`, { name: 'build server', scopes: ['repository:team/**:pull'] });
    await page.reload();
    await look(page, '06-keys');
    await page.click('button[aria-label="Revoke the key laptop"]');
    await page.waitForURL('**/signin/keys');
    check(!(await page.textContent('table')).includes('laptop'), 'the revoked key is still listed');
    const ended = push();
    check(!ended.ok && ended.text.includes('invalid user name, password or token'), ended.text);
}

async function devices(page) {
    const login = loginByDevice();
    const code = await login.code;
    await page.goto(`${SERVER}/signin/device?code=${code}`);
    check((await page.inputValue('#code')) === code, 'the link does not fill in the code');
    await look(page, '07-device-code');
    await refused(page, '08-device-wrong', 422, '4 tries are left', async () => {
        await page.fill('#code', 'BBBB-BBBB');
        await page.click('main button');
    });
    await page.fill('#code', code.toLowerCase());
    await page.click('main button');
    await page.waitForSelector('text=Did you start this yourself');
    await look(page, '09-device-confirm');
    await page.click('button[value=approve]');
    await page.waitForURL('**/signin/device/connected');
    await look(page, '10-device-connected');
    const { code: status, said } = await login.ended;
    check(status === 0 && said().includes(`as \`${USER}\``), said());
    const me = shell(`${PROGRAM} whoami`);
    check(me.ok && me.text.includes(`user:${USER}`), me.text);

    const other = loginByDevice();
    await page.goto(`${SERVER}/signin/device?code=${await other.code}`);
    await page.click('main button');
    await page.click('button[value=refuse]');
    await page.waitForURL('**/signin/device/refused');
    await look(page, '11-device-refused');
    const end = await other.ended;
    check(end.code === 1 && end.said().includes('refused'), end.said());
}

async function invitation(browser) {
    await api('PUT', '/users/newcomer', {});
    const { url } = await api('POST', '/users/newcomer/invitation');
    const page = await person(browser);
    await page.goto(url);
    await look(page, '12-invitation');
    const set = async (first, second) => {
        await page.fill('#password', first);
        await page.fill('#repeated', second);
        await page.click('main button');
    };
    await refused(page, '13-weak-password', 422, 'at least 15 characters', () => set('short', 'short'));
    await set(PASSWORD, PASSWORD);
    await page.waitForURL('**/signin/keys');
    check((await page.textContent('header')).includes('newcomer'), 'the newcomer is not signed in');
    await refused(page, '14-used-invitation', 410, 'The link was used', () => page.goto(url));
    await page.context().close();
}

async function attacks(page) {
    await refused(page, '15-no-page', 404, 'nothing at this address', () => page.goto(`${SERVER}/signin/nothing`));
    // A page of another site sends a form to the server, with the cookies that the browser permits.
    const evil = SERVER.replace('localhost', '127.0.0.1');
    await page.goto(`${evil}/health/live`);
    await refused(page, '16-foreign-form', 403, 'not sent by a page of this server', () => page.evaluate(server => {
        const form = document.createElement('form');
        Object.assign(form, { method: 'post', action: `${server}/signin/out` });
        document.body.append(form);
        form.submit();
    }, SERVER));
    await page.goto(`${SERVER}/signin/keys`);
    check((await page.textContent('header')).includes('Sign out'), 'the person is signed out');
    // The other site also cannot show the server's pages in a frame.
    const stranger = await page.context().newPage();
    await stranger.goto(`${evil}/health/live`);
    await stranger.evaluate(server => {
        const frame = document.createElement('iframe');
        frame.src = `${server}/signin/keys`;
        document.body.append(frame);
    }, SERVER);
    await stranger.waitForTimeout(500);
    const framed = stranger.frames().find(frame => frame !== stranger.mainFrame());
    check(!(await framed.content()).includes('Your keys'), 'the page is shown in a frame');
    await stranger.close();
    await page.click('text=Sign out');
    await page.waitForURL('**/signin');
    await page.goBack();
    await page.goto(`${SERVER}/signin/keys`);
    check(page.url().endsWith('/signin'), page.url());
}

const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
try {
    const page = await person(browser);
    await keys(page);
    await devices(page);
    await invitation(browser);
    await attacks(page);
} finally {
    await browser.close();
}
if (troubles.length > 0) {
    console.error(troubles.join('\n'));
    process.exit(1);
}
console.log(`${looked} looks at pages, 0 troubles`);
