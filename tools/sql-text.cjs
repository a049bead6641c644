// Lets Node require a .sql file as its text, as the bundles do: node --require ./tools/sql-text.cjs --import tsx …
const { readFileSync } = require("node:fs");

require.extensions[".sql"] = (module, file) => {
  module.exports = readFileSync(file, "utf8");
};
