// The settings of a bucket, each by the calls of S3 that write, read and remove it.
import type { S3 } from "@aws-sdk/client-s3";
import type { PropertyMap } from "../../../provider/runtime/values";
import { fromApi, toApi } from "./names";

export interface BucketSettingCalls {
  /** Of the type: `aws:s3/bucket<name>:Bucket<name>`. */
  readonly name: string;
  put(s3: S3, Bucket: string, inputs: PropertyMap): Promise<unknown>;
  get(s3: S3, Bucket: string): Promise<PropertyMap>;
  /** Left out: it goes with the bucket. */
  remove?(s3: S3, Bucket: string): Promise<unknown>;
}

type Body = Record<string, unknown>;
const body = (inputs: PropertyMap, property?: string): Body =>
  toApi(property === undefined ? without(inputs) : inputs[property]) as Body;

function without({ bucket: _bucket, ...inputs }: PropertyMap): PropertyMap {
  return inputs;
}

export const BUCKET_SETTING_CALLS: readonly BucketSettingCalls[] = [
  {
    name: "Versioning",
    put: (s3, Bucket, inputs) =>
      s3.putBucketVersioning({ Bucket, VersioningConfiguration: body(inputs, "versioningConfiguration") }),
    get: async (s3, Bucket) => {
      const { Status } = await s3.getBucketVersioning({ Bucket });
      return { versioningConfiguration: { status: Status ?? "Disabled" } };
    },
  },
  {
    name: "ServerSideEncryptionConfiguration",
    put: (s3, Bucket, inputs) =>
      s3.putBucketEncryption({ Bucket, ServerSideEncryptionConfiguration: body(inputs) as { Rules: [] } }),
    get: async (s3, Bucket) => fromApi((await s3.getBucketEncryption({ Bucket })).ServerSideEncryptionConfiguration),
    remove: (s3, Bucket) => s3.deleteBucketEncryption({ Bucket }),
  },
  {
    name: "PublicAccessBlock",
    put: (s3, Bucket, inputs) => s3.putPublicAccessBlock({ Bucket, PublicAccessBlockConfiguration: body(inputs) }),
    get: async (s3, Bucket) => fromApi((await s3.getPublicAccessBlock({ Bucket })).PublicAccessBlockConfiguration),
    remove: (s3, Bucket) => s3.deletePublicAccessBlock({ Bucket }),
  },
  {
    name: "OwnershipControls",
    put: (s3, Bucket, inputs) =>
      s3.putBucketOwnershipControls({ Bucket, OwnershipControls: { Rules: [body(inputs, "rule") as never] } }),
    get: async (s3, Bucket) => ({
      rule: fromApi((await s3.getBucketOwnershipControls({ Bucket })).OwnershipControls?.Rules?.[0]),
    }),
    remove: (s3, Bucket) => s3.deleteBucketOwnershipControls({ Bucket }),
  },
  {
    name: "Policy",
    put: (s3, Bucket, inputs) => s3.putBucketPolicy({ Bucket, Policy: String(inputs["policy"]) }),
    get: async (s3, Bucket) => ({ policy: (await s3.getBucketPolicy({ Bucket })).Policy ?? "" }),
    remove: (s3, Bucket) => s3.deleteBucketPolicy({ Bucket }),
  },
  {
    name: "ObjectLockConfiguration",
    put: (s3, Bucket, inputs) =>
      s3.putObjectLockConfiguration({
        Bucket,
        ObjectLockConfiguration: { ObjectLockEnabled: "Enabled", Rule: body(inputs, "rule") },
      }),
    get: async (s3, Bucket) => ({
      rule: fromApi((await s3.getObjectLockConfiguration({ Bucket })).ObjectLockConfiguration?.Rule),
    }),
  },
  {
    name: "LifecycleConfiguration",
    put: (s3, Bucket, inputs) =>
      s3.putBucketLifecycleConfiguration({ Bucket, LifecycleConfiguration: body(inputs) as { Rules: [] } }),
    get: async (s3, Bucket) => {
      const { Rules } = await s3.getBucketLifecycleConfiguration({ Bucket });
      return fromApi({ Rules });
    },
    remove: (s3, Bucket) => s3.deleteBucketLifecycle({ Bucket }),
  },
];
