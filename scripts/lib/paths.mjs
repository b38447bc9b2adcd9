import path from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's top folder, absolute. */
export const root = fileURLToPath(new URL("../../", import.meta.url)).replace(/\/$/, "");

/** Absolute path of something in the repository. */
export const inRoot = (...parts) => path.join(root, ...parts);

/** What bootstrap fetched; safe to delete, never packaged. */
export const cache = inRoot(".cache");
export const dist = inRoot("dist");
/** What runs leave for people to look at: screenshots, logs, tables. */
export const out = inRoot("out");
