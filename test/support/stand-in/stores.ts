// The two servers behind the stand-in for AWS: one keeps objects, one knows every setting of a bucket.
import { S3 } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { findObjectStore } from "../../../tools/stand-ins/object-store/build";
import { type ObjectStoreServer, startObjectStore } from "../../../tools/stand-ins/object-store/server";
import { skipBecause } from "../skip";
import { findMoto, type Moto, startMoto } from "./moto";

interface StandInStores {
  /** For the environment of the engine: addresses, and the ordinary variables of AWS. */
  readonly env: NodeJS.ProcessEnv;
  /** What looks at them from outside. */
  readonly objects: S3;
  readonly settings: S3;
  readonly settingsEndpoint: string;
}

/** Call it at the top of a file: its tests are skipped, with the reason, where one of the servers cannot be had. */
export function withStandInStores(): StandInStores {
  let store: ObjectStoreServer | undefined;
  let moto: Moto | undefined;
  let reason: string | undefined;
  let clients: { objects: S3; settings: S3 } | undefined;
  beforeAll(async () => {
    const [gateway, settings] = [await findObjectStore(), await findMoto()];
    if ("reason" in gateway || "reason" in settings) {
      reason = "reason" in gateway ? gateway.reason : "reason" in settings ? settings.reason : "";
      return;
    }
    [store, moto] = await Promise.all([startObjectStore(), startMoto(settings)]);
    const { accessKeyId, secretAccessKey, region } = store;
    const client = (endpoint: string): S3 =>
      new S3({ endpoint, region, forcePathStyle: true, credentials: { accessKeyId, secretAccessKey } });
    clients = { objects: client(store.endpoint), settings: client(moto.endpoint) };
    // The first one on a machine builds the one and installs the other: minutes where it has other work.
  }, 600_000);
  beforeEach((context) => {
    if (reason !== undefined) skipBecause(context, reason);
  });
  afterAll(async () => {
    clients?.objects.destroy();
    clients?.settings.destroy();
    await Promise.all([store?.stop(), moto?.stop()]);
  });
  const running = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error("the servers exist only inside hooks and tests");
    return value;
  };
  return {
    get env() {
      return {
        AWS_ACCESS_KEY_ID: running(store).accessKeyId,
        AWS_SECRET_ACCESS_KEY: running(store).secretAccessKey,
        AWS_REGION: running(store).region,
        AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
        STAND_IN_OBJECTS: running(store).endpoint,
        STAND_IN_SETTINGS: running(moto).endpoint,
      };
    },
    get objects() {
      return running(clients).objects;
    },
    get settings() {
      return running(clients).settings;
    },
    get settingsEndpoint() {
      return running(moto).endpoint;
    },
  };
}
