// Standard input to an object of S3, as the server's own role would send it: `put-object.cjs <settings.json> <bucket> <key> <region>`.
"use strict";
const { createHash, createHmac } = require("node:crypto");
const { readFileSync } = require("node:fs");

const [, , settings, bucket, key, region] = process.argv;
const { endpoint, accessKey, secret, spoil } = JSON.parse(readFileSync(settings, "utf8"));
const sha256 = (content) => createHash("sha256").update(content).digest("hex");
const hmac = (by, content) => createHmac("sha256", by).update(content).digest();

const body = Buffer.concat([readFileSync(0), Buffer.from(spoil)]);
const url = new URL(`${endpoint}/${bucket}/${key.split("/").map(encodeURIComponent).join("/")}`);
const time = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
const headers = { host: url.host, "x-amz-content-sha256": sha256(body), "x-amz-date": time };
const names = Object.keys(headers).join(";");
const said = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`);
const request = ["PUT", url.pathname, "", said.join(""), names, headers["x-amz-content-sha256"]].join("\n");
const scope = [time.slice(0, 8), region, "s3", "aws4_request"];
const signingKey = scope.reduce((by, part) => hmac(by, part), `AWS4${secret}`);
const signature = hmac(signingKey, ["AWS4-HMAC-SHA256", time, scope.join("/"), sha256(request)].join("\n"));
const authorization = `AWS4-HMAC-SHA256 Credential=${accessKey}/${scope.join("/")}, SignedHeaders=${names}, Signature=${signature.toString("hex")}`;

void fetch(url, { method: "PUT", body, headers: { ...headers, authorization } }).then(async (answer) => {
  if (answer.ok) return;
  console.error(`could not upload to Amazon S3: ${String(answer.status)} ${await answer.text()}`);
  process.exit(1);
});
