// Preloaded into the Node.js processes that the engine starts: tests start some hundred, and the SDK's start is half of what a run
// of the engine costs. Typescript and the reader of package trees, which the SDK loads for functions that become resources, are loaded
// when something asks for them; all else comes with the machine code of the first start. Source maps are not read: the SDK looks at
// the stack of each resource and promise, and reading the maps for it is a sixth of a run. What the SDK does is the same.
"use strict";
const { createHash } = require("node:crypto");
const { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } = require("node:fs");
const Module = require("node:module");
const { dirname, join } = require("node:path");
const v8 = require("node:v8");
const vm = require("node:vm");

const LATE = new Set(["typescript", "@npmcli/arborist"]);

const folder = join(__dirname, "..", "..", "..", ".pgpartition", "machine-code");
const blob = join(
  folder,
  createHash("sha256")
    .update(`${process.version} ${process.argv[1] ?? ""}`)
    .digest("hex")
    .slice(0, 16),
);
const known = read(blob);
/** What had to be compiled, for the next start. */
const compiled = new Map();

const load = Module._load;
Module._load = function (request, parent, isMain) {
  if (request === "source-map-support/register") return {};
  if (!LATE.has(request)) return load.call(this, request, parent, isMain);
  let real;
  const get = () => (real ??= load(request, parent, isMain));
  return new Proxy(function late() {}, {
    // Read by every import of a module, before anything is asked of it; as one of its kind it is handed on as it is.
    get: (_, name) => (name === "__esModule" ? true : get()[name]),
    has: (_, name) => name in get(),
    apply: (_, self, args) => Reflect.apply(get(), self, args),
    construct: (_, args) => Reflect.construct(get(), args),
  });
};

const compile = Module.prototype._compile;
Module.prototype._compile = function (content, filename) {
  // Machine code from a cache knows no import(); what a test wrote itself changes from test to test.
  if (/\bimport\((?!\))/.test(content) || !/[\\/](node_modules|dist|test-plugin)[\\/]/.test(filename))
    return compile.call(this, content, filename);
  const { mtimeMs, size } = statSync(filename);
  const version = `${String(mtimeMs)} ${String(size)} ${String(content.length)}`;
  const found = known?.get(filename);
  const cachedData = found?.version === version ? found.data : undefined;
  const script = new vm.Script(Module.wrap(content.replace(/^#!.*/, "")), { filename, cachedData });
  if (cachedData === undefined || script.cachedDataRejected) compiled.set(filename, { version, script });
  const require = Module.createRequire(filename);
  return script.runInThisContext().call(this.exports, this.exports, require, this, filename, dirname(filename));
};

process.once("exit", () => {
  if (compiled.size === 0) return;
  const all = new Map(known);
  for (const [filename, { version, script }] of compiled)
    all.set(filename, { version, data: script.createCachedData() });
  mkdirSync(folder, { recursive: true });
  const temporary = `${blob}.${String(process.pid)}`;
  writeFileSync(temporary, v8.serialize(all));
  renameSync(temporary, blob);
});

function read(path) {
  try {
    return v8.deserialize(readFileSync(path));
  } catch {
    return undefined;
  }
}
