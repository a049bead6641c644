// Stands in for @pulumi/aws: buckets in the S3 servers that the environment names, policies in the second of them.
import { S3 } from "@aws-sdk/client-s3";
import type { PropertyMap } from "../../../provider/runtime/values";
import { BUCKET_SETTING_CALLS, type BucketSettingCalls } from "./bucket-settings";
import type { StandInType } from "./module";
import { createPolicy, deletePolicy } from "./iam";
import { serveStandIn } from "./serve";

/** A store of objects, and a server that knows every setting of a bucket and keeps no object. A bucket is in both. */
const ENDPOINTS = [required("STAND_IN_OBJECTS"), required("STAND_IN_SETTINGS")] as const;
const [objects, settings] = ENDPOINTS.map(
  (endpoint) => new S3({ endpoint, region: "us-east-1", forcePathStyle: true }),
) as [S3, S3];

const bucketType: StandInType = {
  token: "aws:s3/bucket:Bucket",
  computed: ["bucket", "arn"],
  put: async (inputs, name) => {
    const Bucket = typeof inputs["bucket"] === "string" ? inputs["bucket"] : `${name}-made-up`;
    const ObjectLockEnabledForBucket = inputs["objectLockEnabled"] === true;
    for (const s3 of [objects, settings])
      await unless("BucketAlreadyOwnedByYou", s3.createBucket({ Bucket, ObjectLockEnabledForBucket }));
    return { id: Bucket, outputs: bucketOutputs(Bucket) };
  },
  get: async (Bucket) => {
    const found = await missing(settings.headBucket({ Bucket }));
    return found && bucketOutputs(Bucket);
  },
  remove: async (Bucket) => {
    for (const s3 of [objects, settings]) await s3.deleteBucket({ Bucket });
  },
};

function bucketOutputs(bucket: string): PropertyMap {
  return { bucket, arn: `arn:aws:s3:::${bucket}`, region: "us-east-1" };
}

function settingType(calls: BucketSettingCalls): StandInType {
  return {
    token: `aws:s3/bucket${calls.name}:Bucket${calls.name}`,
    put: async (inputs) => {
      const bucket = String(inputs["bucket"]);
      await calls.put(settings, bucket, inputs);
      // What the store of objects knows too, it keeps too: locks and versions hold there.
      await unless("NotImplemented", calls.put(objects, bucket, inputs));
      return { id: bucket };
    },
    get: async (bucket) => {
      const found = await missing(calls.get(settings, bucket));
      return found && { bucket, ...found };
    },
    remove: async (bucket) => {
      await calls.remove?.(settings, bucket);
      if (calls.remove) await unless("NotImplemented", calls.remove(objects, bucket));
    },
  };
}

const policyType: StandInType = {
  token: "aws:iam/policy:Policy",
  computed: ["arn"],
  put: async (inputs, name) => {
    const arn = await createPolicy(ENDPOINTS[1], name, String(inputs["policy"]));
    return { id: arn, outputs: { arn } };
  },
  remove: (arn) => deletePolicy(ENDPOINTS[1], arn),
};

async function unless(code: string, call: Promise<unknown>): Promise<void> {
  await call.catch((error: unknown) => {
    if (!(error instanceof Error) || error.name !== code) throw error;
  });
}

/** Undefined where the server says that there is none. */
async function missing<T>(call: Promise<T>): Promise<T | undefined> {
  return call.catch((error: unknown) => {
    const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
    if (status === 404) return undefined;
    throw error;
  });
}

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: it names the server that stands in for AWS`);
  return value;
}

void serveStandIn({
  name: "aws",
  version: "7.0.0",
  configure: () => undefined,
  types: [bucketType, policyType, ...BUCKET_SETTING_CALLS.map(settingType)],
  functions: {
    "aws:s3/getBucket:getBucket": async (_ctx, { args }) => {
      const bucket = String(args["bucket"]);
      if (!(await missing(settings.headBucket({ Bucket: bucket })))) throw new Error(`there is no bucket "${bucket}"`);
      return { result: { id: bucket, ...bucketOutputs(bucket) } };
    },
  },
  close: () => {
    objects.destroy();
    settings.destroy();
    return Promise.resolve();
  },
});
