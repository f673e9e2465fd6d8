// Opens HTML reports in headless Chromium and fails on what a reader would
// notice: a fault that axe finds, a request to anywhere, a page wider than the
// screen, content that is gone in print or under the policy of a CI server.
// Usage: node check-html.mjs FILE.html...
import { createRequire } from 'node:module';
import fs from 'node:fs';
import path from 'node:path';

const require = createRequire(path.join(process.env.KUSTOMS_REPORT_TOOLS, 'node_modules', 'x.js'));
const puppeteer = require('puppeteer-core');
const axe = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

// What Jenkins sends with the files that it serves from a build.
const jenkins = "sandbox; default-src 'none'; img-src 'self'; style-src 'self'";
const home = 'http://report.invalid/';
const large = 1000; // findings, beyond which axe takes minutes

const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM, headless: true, protocolTimeout: 120_000,
  args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
});
let faults = 0;

async function open(file, { policy, width = 1200, scheme = 'light' } = {}) {
  const page = await browser.newPage();
  const asked = [];
  await page.setViewport({ width, height: 900 });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
  await page.setRequestInterception(true);
  page.on('request', r => {
    if (r.url() === home) {
      const headers = policy ? { 'content-security-policy': policy } : {};
      r.respond({ status: 200, contentType: 'text/html; charset=utf-8', headers, body: fs.readFileSync(file) });
    } else {
      asked.push(r.url());
      r.abort();
    }
  });
  const start = performance.now();
  await page.goto(home, { waitUntil: 'load', timeout: 60_000 });
  // Two frames: the page has been laid out and painted. Where a policy forbids
  // script, nothing is called back.
  if (!policy) await page.evaluate(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))));
  return { page, asked, took: Math.round(performance.now() - start) };
}

function fault(file, what) {
  faults++;
  console.log(`${path.basename(file)}: ${what}`);
}

async function check(file) {
  const plain = await open(file);
  const findings = await plain.page.$$eval('.finding', all => all.length);
  console.log(`${path.basename(file)}: ${findings} findings, opened in ${plain.took} ms`);
  const words = await plain.page.evaluate(() => document.body.textContent.replace(/\s+/g, ' '));
  if (findings < large) { // a printer takes minutes for more
    const pdf = await plain.page.pdf({ format: 'A4' });
    if (pdf.length < 5000) fault(file, 'printed, it is empty');
    // In print, what is folded on the screen shows.
    await plain.page.emulateMediaType('print');
    const hidden = await plain.page.$$eval('.finding .body', all => all.filter(e => e.offsetHeight === 0).length);
    if (hidden > 0) fault(file, `${hidden} findings are folded in print`);
  }
  await plain.page.close();

  for (const options of [{}, { scheme: 'dark' }, { width: 390 }, { policy: jenkins }]) {
    const { page, asked } = await open(file, options);
    const name = JSON.stringify(options);
    if (asked.length) fault(file, `${name}: asks for ${asked.slice(0, 3)}`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (options.width && wide > 0) fault(file, `${name}: ${wide} pixels wider than the screen`);
    if (options.policy) {
      const shown = await page.evaluate(() => document.body.textContent.replace(/\s+/g, ' '));
      if (shown !== words) fault(file, `${name}: other content`);
      const filters = await page.$$eval('fieldset', all => all.filter(e => e.offsetHeight > 0).length);
      if (filters) fault(file, `${name}: filters that cannot work are shown`);
    } else if (findings > 0) {
      // The filters work without script.
      // To ask for the style of what is off the screen is slow: ask the first.
      const count = () => page.$$eval('.finding', all => all.slice(0, 20).filter(e => getComputedStyle(e).display !== 'none').length);
      const worst = await page.$eval('.finding', e => e.classList[1]);
      const before = await count();
      await page.click(`#show-${worst}`);
      if (await count() >= before) fault(file, `${name}: the filter of ${worst} hides nothing`);
      await page.click(`#show-${worst}`);
    }
    if (findings < large && !options.policy) {
      await page.evaluate(() => document.querySelectorAll('details').forEach(d => { d.open = true; }));
      await page.evaluate(axe);
      const found = await page.evaluate(async () => (await axe.run(document)).violations
        .map(v => `${v.id} (${v.nodes.length}): ${v.help}: ${v.nodes[0].html.slice(0, 200)}`));
      for (const v of found) fault(file, `${name}: axe: ${v}`);
    }
    await page.close();
  }
}

for (const file of process.argv.slice(2)) await check(file);
await browser.close();
console.log(faults ? `${faults} faults` : 'HTML: no fault');
process.exit(faults ? 1 : 0);
