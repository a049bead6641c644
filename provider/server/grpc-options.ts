import type { ChannelOptions } from "@grpc/grpc-js";

/** The engine's own limit (rpcutil/serve.go): 400 MB; gRPC's 4 MB would cut the state of a large table. */
const MAX_MESSAGE_BYTES = 400 * 1024 * 1024;

/** Options for both sides of every connection between engine and plugin. */
export const GRPC_OPTIONS: ChannelOptions = {
  "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
  "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
  // The other side is always on this machine: an http_proxy in the environment is not meant for it.
  "grpc.enable_http_proxy": 0,
};
