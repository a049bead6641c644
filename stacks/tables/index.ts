import type { TableSpecArgs } from "../../components";
import { arxos } from "./arxos";
import { meshhook } from "./meshhook";

/** The declared tables by system, then by the key under which configuration and resources name them. */
export const SYSTEMS: Readonly<Record<"arxos" | "meshhook", Readonly<Record<string, TableSpecArgs>>>> = {
  arxos,
  meshhook,
};

/** Allowed values of `systems`, in the order of the documentation. */
export const SYSTEM_NAMES = ["meshhook", "arxos"] as const;

export const TABLE_KEYS: readonly string[] = SYSTEM_NAMES.flatMap((system) => Object.keys(SYSTEMS[system]));
