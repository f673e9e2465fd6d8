// Takes a picture of the top of a page: node picture.mjs FILE.html FILE.png
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(path.join(process.env.KUSTOMS_REPORT_TOOLS, 'node_modules', 'x.js'));
const puppeteer = require('puppeteer-core');
const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM, headless: true,
  args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
});
const page = await browser.newPage();
await page.setViewport({ width: 1180, height: 1420 });
await page.goto('file://' + path.resolve(process.argv[2]));
await page.screenshot({ path: process.argv[3] });
await browser.close();
