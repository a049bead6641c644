// The two calls of IAM that a policy takes, without its SDK: forms go in, XML comes out.

/** What tells the server which service is meant; it checks no signature. */
const AUTHORIZATION =
  "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=none";

/** ARN of the new policy. */
export async function createPolicy(endpoint: string, name: string, document: string): Promise<string> {
  const answer = await call(endpoint, { Action: "CreatePolicy", PolicyName: name, PolicyDocument: document });
  const [, arn] = /<Arn>([^<]+)<\/Arn>/.exec(answer) ?? [];
  if (arn === undefined) throw new Error(`IAM gave the policy "${name}" no ARN: ${answer}`);
  return arn;
}

export async function deletePolicy(endpoint: string, arn: string): Promise<void> {
  await call(endpoint, { Action: "DeletePolicy", PolicyArn: arn });
}

/** The document of a policy, as IAM keeps it. */
export async function readPolicy(endpoint: string, arn: string): Promise<string> {
  const answer = await call(endpoint, { Action: "GetPolicyVersion", PolicyArn: arn, VersionId: "v1" });
  const [, document = ""] = /<Document>([\s\S]+)<\/Document>/.exec(answer) ?? [];
  return decodeURIComponent(document.replaceAll("&quot;", '"').replaceAll("&amp;", "&"));
}

async function call(endpoint: string, form: Readonly<Record<string, string>>): Promise<string> {
  const answer = await fetch(endpoint, {
    method: "POST",
    headers: { authorization: AUTHORIZATION },
    body: new URLSearchParams({ ...form, Version: "2010-05-08" }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`IAM refused ${form["Action"] ?? ""}: ${text}`);
  return text;
}
