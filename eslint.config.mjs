import tseslint from "typescript-eslint";

// Rules that need type information are few and chosen: they find what tsc does not (lost promises, missing cases).
const typed = {
  "@typescript-eslint/await-thenable": "error",
  "@typescript-eslint/no-floating-promises": "error",
  "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: { arguments: false, attributes: false } }],
  "@typescript-eslint/only-throw-error": ["error", { allowThrowingUnknown: true }],
  "@typescript-eslint/return-await": ["error", "in-try-catch"],
  "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
};

const clock = "time is an argument here: only stacks/, cli/, tools/, test/ and bench/ read a clock";

export default tseslint.config(
  { ignores: ["dist/", "node_modules/", ".pgpartition/", "**/*.cjs", "**/*.mjs", "**/*.mts"] },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.recommended],
    languageOptions: { parserOptions: { project: "./tsconfig.json", tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      ...typed,
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-non-null-assertion": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      eqeqeq: "error",
      "no-console": "error",
      "prefer-const": "error",
    },
  },
  { files: ["provider/runtime/property-codec.ts"], rules: { "@typescript-eslint/no-explicit-any": "off" } },
  {
    files: [
      "core/**",
      "postgres/**",
      "jobs/**",
      "archive/**",
      "conversion/**",
      "provider/**",
      "components/**",
      "policies/**",
      "examples/**",
    ],
    rules: {
      "no-restricted-syntax": [
        "error",
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: clock },
        { selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']", message: clock },
        { selector: "CallExpression[callee.object.property.name='Now']", message: clock },
      ],
    },
  },
  // Programs that talk to a terminal or print their port, and tests.
  { files: ["cli/**", "tools/**", "test/**", "bench/**", "provider/main.ts"], rules: { "no-console": "off" } },
);
