// How do scss/, islands/ and the npm packages become api/static/dist and documents/fonts?
//
//   node api/frontend/build.mjs            builds when an input changed, else returns at once
//   node api/frontend/build.mjs --force    builds anyway
//   node api/frontend/build.mjs --offline  never calls npm: fails when node_modules does not match the lock
//
// Output names carry content hashes; manifest.json maps the plain name to the hashed one.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, extname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = join(HERE, "..", "..");
const DIST = join(HERE, "..", "static", "dist");
const FONTS = join(ROOT, "documents", "fonts");
const MODULES = join(HERE, "node_modules");
const INPUTS = ["build.mjs", "package.json", "package-lock.json", "scss", "islands", "images"];
const TINOS = join(MODULES, "@expo-google-fonts", "tinos");
const FONT_FILES = {
  "Tinos-Regular.ttf": "400Regular/Tinos_400Regular.ttf",
  "Tinos-Bold.ttf": "700Bold/Tinos_700Bold.ttf",
  "Tinos-Italic.ttf": "400Regular_Italic/Tinos_400Regular_Italic.ttf",
  "Tinos-BoldItalic.ttf": "700Bold_Italic/Tinos_700Bold_Italic.ttf",
};
const BUDGET = { "main.css": 18 * 1024, "app.js + htmx.js": 25 * 1024, "app.js": 3 * 1024 };

const digest = (bytes) => createHash("sha256").update(bytes).digest("hex");

function filesUnder(path) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path).sort().flatMap((name) => filesUnder(join(path, name)));
}

function stampOfInputs() {
  const hash = createHash("sha256");
  for (const file of INPUTS.flatMap((name) => filesUnder(join(HERE, name)))) {
    hash.update(relative(HERE, file)).update("\0").update(readFileSync(file)).update("\0");
  }
  return hash.digest("hex");
}

function isUpToDate(stamp) {
  const file = join(DIST, "stamp");
  if (!existsSync(file) || readFileSync(file, "utf8") !== stamp) return false;
  const built = Object.values(JSON.parse(readFileSync(join(DIST, "manifest.json"), "utf8")));
  return built.every((name) => existsSync(join(DIST, name)))
    && Object.keys(FONT_FILES).every((name) => existsSync(join(FONTS, name)));
}

function npmCommand() {
  const bin = dirname(process.execPath);
  const scripts = [process.env.npm_execpath, join(bin, "..", "lib", "node_modules", "npm", "bin", "npm-cli.js"),
    join(bin, "node_modules", "npm", "bin", "npm-cli.js")];
  const script = scripts.find((path) => path?.endsWith(".js") && existsSync(path));
  return script ? [process.execPath, script] : ["npm"];
}

function isInstalled() {
  const { packages } = JSON.parse(readFileSync(join(HERE, "package-lock.json"), "utf8"));
  return Object.entries(packages).every(([path, { version, optional }]) => {
    const file = join(HERE, path, "package.json");
    return !path || optional || (existsSync(file) && JSON.parse(readFileSync(file, "utf8")).version === version);
  });
}

function installPackages() {
  if (isInstalled()) return;
  if (process.argv.includes("--offline")) throw new Error("node_modules does not match package-lock.json; run without --offline");
  const [command, ...first] = npmCommand();
  const run = spawnSync(command, [...first, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: HERE, stdio: ["ignore", "ignore", "inherit"] });
  if (run.status !== 0) throw new Error(`npm ci failed (${run.error?.message ?? `exit ${run.status}`})`);
}

function put(out, manifest, name, bytes) {
  const extension = extname(name);
  const hashed = `${name.slice(0, -extension.length)}-${digest(bytes).slice(0, 10)}${extension}`;
  writeFileSync(join(out, hashed), bytes);
  manifest[name] = hashed;
}

async function buildStyles(out, manifest) {
  const sass = await import("sass");
  const { transform } = await import("esbuild");
  const { css } = sass.compile(join(HERE, "scss", "main.scss"), {
    loadPaths: [MODULES], style: "compressed", quietDeps: true, charset: false,
  });
  const { code } = await transform(css, { loader: "css", minify: true, target: ["chrome90", "firefox90", "safari14"] });
  put(out, manifest, "main.css", Buffer.from(code));
}

async function buildScripts(out, manifest) {
  const { build } = await import("esbuild");
  const { metafile } = await build({
    entryPoints: [join(HERE, "islands", "app.js")],
    absWorkingDir: HERE, outdir: out, bundle: true, splitting: true, format: "esm", minify: true, metafile: true,
    entryNames: "[name]-[hash]", chunkNames: "[name]-[hash]", target: ["es2020"], legalComments: "none", logLevel: "warning",
  });
  for (const [file, { entryPoint }] of Object.entries(metafile.outputs)) {
    if (entryPoint) manifest[`${entryPoint.split("/").pop()}`] = file.split("/").pop();
  }
  put(out, manifest, "htmx.js", readFileSync(join(MODULES, "htmx.org", "dist", "htmx.min.js")));
}

function copyImages(out, manifest) {
  for (const file of filesUnder(join(HERE, "images"))) put(out, manifest, relative(join(HERE, "images"), file), readFileSync(file));
}

function copyFonts() {
  mkdirSync(FONTS, { recursive: true });
  for (const [name, source] of Object.entries(FONT_FILES)) cpSync(join(TINOS, source), join(FONTS, name));
}

function writeLicences(out, manifest) {
  const texts = Object.entries({ "govuk-frontend": null, "htmx.org": "LICENSE", "@expo-google-fonts/tinos": "LICENSE_FONT" }).map(([folder, text]) => {
    const { name, version, license, author, homepage } = JSON.parse(readFileSync(join(MODULES, folder, "package.json"), "utf8"));
    const head = [`${name} ${version}`, license, author?.name ?? author ?? "", homepage ?? ""].filter(Boolean).join("\n");
    return text ? `${head}\n\n${readFileSync(join(MODULES, folder, text), "utf8").trim()}\n` : `${head}\n`;
  });
  put(out, manifest, "licences.txt", Buffer.from(texts.join(`\n${"-".repeat(72)}\n\n`)));
}

function checkBudget(out, manifest) {
  const over = Object.entries(BUDGET).filter(([names, limit]) => {
    const size = names.split(" + ").reduce((sum, name) => sum + gzipSync(readFileSync(join(out, manifest[name]))).length, 0);
    console.log(`  ${names}: ${(size / 1024).toFixed(1)} KB gzip (at most ${limit / 1024})`);
    return size > limit;
  });
  if (over.length) throw new Error(`over budget: ${over.map(([names]) => names).join(", ")}`);
}

async function main() {
  const stamp = stampOfInputs();
  if (!process.argv.includes("--force") && isUpToDate(stamp)) return;
  installPackages();
  const out = `${DIST}.${process.pid}`;
  const manifest = {};
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  try {
    await buildStyles(out, manifest);
    await buildScripts(out, manifest);
    copyImages(out, manifest);
    writeLicences(out, manifest);
    copyFonts();
    checkBudget(out, manifest);
    const sorted = Object.fromEntries(Object.entries(manifest).sort());
    writeFileSync(join(out, "manifest.json"), `${JSON.stringify(sorted, null, 1)}\n`);
    writeFileSync(join(out, "stamp"), stamp);
    rmSync(DIST, { recursive: true, force: true });
    renameSync(out, DIST);
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

main().catch((error) => {
  console.error(`build.mjs: ${error.message}`);
  process.exit(1);
});
