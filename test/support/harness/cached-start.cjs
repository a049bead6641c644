// Starts a bundle with the machine code of earlier starts: tests start the plugin some thousand times, and compiling it anew is
// half of each start. The first process that ends by itself leaves the cache; one of another build or Node.js is passed over.
"use strict";
const { readFileSync, renameSync, writeFileSync } = require("node:fs");
const Module = require("node:module");
const { dirname } = require("node:path");
const vm = require("node:vm");

const [, , bundle] = process.argv;
const cacheFile = `${bundle}.cache`;
process.argv.splice(1, 1);

const cachedData = read(cacheFile);
const script = new vm.Script(Module.wrap(readFileSync(bundle, "utf8").replace(/^#!.*/, "")), {
  filename: bundle,
  cachedData,
  importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
});
if (cachedData === undefined || script.cachedDataRejected)
  process.once("exit", () => {
    const temporary = `${cacheFile}.${process.pid}`;
    writeFileSync(temporary, script.createCachedData());
    renameSync(temporary, cacheFile);
  });

const loaded = new Module(bundle, undefined);
loaded.filename = bundle;
loaded.paths = Module._nodeModulePaths(dirname(bundle));
script.runInThisContext()(loaded.exports, Module.createRequire(bundle), loaded, bundle, dirname(bundle));

function read(path) {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
