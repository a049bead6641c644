// Last line of .ci/run: `node tools/test-summary.mjs <vitest's json> <1 if something failed before>`.
import { readFileSync } from "node:fs";

const [file, failedBefore] = process.argv.slice(2);

/** Returns files that failed although each test in them passed: an import, a hook, a connection left open. */
function failedFiles(results) {
  return results.testResults.filter(
    ({ status, assertionResults }) =>
      status === "failed" && !assertionResults.some((assertion) => assertion.status === "failed"),
  );
}

function summary() {
  let results;
  try {
    results = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    console.log("vitest left no results");
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const files = failedFiles(results);
  for (const one of files) console.log(`failed outside its tests: ${one.name}`);
  const failed = results.numFailedTests + files.length;
  return {
    passed: results.numPassedTests,
    // vitest may fail for an unhandled error that belongs to no file.
    failed: failed === 0 && !results.success ? 1 : failed,
    skipped: results.numPendingTests + (results.numTodoTests ?? 0),
  };
}

const { passed, failed, skipped } = summary();
if (failedBefore === "1" && failed === 0) console.log("the tests passed; a step before them failed (FAILED above)");
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exitCode = failed > 0 || failedBefore === "1" ? 1 : 0;
