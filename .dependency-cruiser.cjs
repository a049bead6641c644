// Which folder may import which (design, section 3): core <- postgres <- provider, and nothing against that stream.

const code = "^(core|postgres|jobs|archive|conversion|provider|components|policies|stacks|cli|examples)/";
const tooling = "^(tools|test|bench)/";

/** Files of `from` may import from no folder of ours but `to`. */
function only(from, to) {
  return {
    name: `${from}-imports-only-${to.join("-")}`,
    severity: "error",
    from: { path: `^${from}/` },
    to: { path: `${code}|${tooling}`, pathNot: `^(${[from, ...to].join("|")})/` },
  };
}

/** Files of `from` may import no package but these, and of Node itself only `builtins`. */
function packages(from, allowed, builtins = "^$") {
  return [
    {
      name: `${from}-packages`,
      severity: "error",
      from: { path: `^${from}/` },
      to: {
        dependencyTypes: ["npm", "npm-dev", "npm-peer", "npm-optional", "npm-no-pkg", "npm-unknown"],
        pathNot: allowed,
      },
    },
    {
      name: `${from}-builtins`,
      severity: "error",
      from: { path: `^${from}/` },
      to: { dependencyTypes: ["core"], pathNot: builtins },
    },
  ];
}

const nodeModule = (names) => `(^|/)node_modules/(${names})/`;

module.exports = {
  forbidden: [
    only("core", []),
    // Long names end in a hash: a pure function. The files for Prometheus are YAML: text from data, and nothing else.
    ...packages("core", nodeModule("temporal-polyfill|temporal-spec|temporal-utils|yaml|zod"), "^(node:)?crypto$"),
    only("postgres", ["core"]),
    only("jobs", ["core", "postgres"]),
    only("archive", ["core", "postgres", "jobs"]),
    only("conversion", ["core", "postgres", "jobs"]),
    only("provider", ["core", "postgres", "jobs", "archive", "conversion"]),
    only("components", ["core"]),
    // Monitoring writes its files where the program wants them.
    ...packages("components", nodeModule("@pulumi/[^/]+"), "^(node:)?(fs|path)$"),
    only("policies", ["core"]),
    {
      name: "policy-rules-are-pure",
      comment: "rules are data and functions; only policies/index.ts knows the policy SDK, for types it may be named",
      severity: "error",
      from: { path: "^policies/rules/" },
      to: { pathNot: "^(core|policies/rules)/", dependencyTypesNot: ["type-only"] },
    },
    only("stacks", ["components", "core"]),
    only("cli", ["core", "postgres", "jobs", "archive", "conversion"]),
    only("examples", ["components", "core"]),
    {
      name: "only-postgres-imports-pg",
      severity: "error",
      from: { path: code, pathNot: "^(postgres/|examples/[^/]+/load\\.ts$)" },
      to: { path: nodeModule("pg|pg-[^/]+|@types/pg") },
    },
    {
      name: "tools-do-not-import-tests",
      severity: "error",
      from: { path: "^tools/" },
      to: { path: "^(test|bench)/" },
    },
    {
      name: "no-cycles",
      severity: "error",
      from: {},
      to: { circular: true, dependencyTypesNot: ["type-only"] },
    },
    {
      name: "not-to-unresolvable",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(dist|\\.pgpartition)/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["require", "node", "import", "default"],
      extensions: [".ts", ".js", ".json"],
    },
  },
};
