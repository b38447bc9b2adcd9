import { copyFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import type { Place } from "./matrix";

/** Puts the file in place that is to be replaced. */
export function restore({ replaced }: Place): void {
  if (replaced === undefined) return;
  rmSync(replaced.file, { force: true });
  copyFileSync(replaced.original, replaced.file);
}

/** Updates it as a package manager does: another inode takes the name. */
export function replace({ replaced }: Place): void {
  if (replaced === undefined) return;
  writeFileSync(`${replaced.file}.new`, "another version");
  renameSync(`${replaced.file}.new`, replaced.file);
}
