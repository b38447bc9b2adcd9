/** Runs an emulated machine to its end and collects what it says. */
import { mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { CommandError, run } from "../../../scripts/lib/run.mjs";

/**
 * Boots the kernel image with the initramfs and unpacks what comes through the
 * second serial port into `folder`. There is one CPU, emulated: it needs no
 * rights and is the same everywhere. Throws with the end of the console when the
 * machine sends nothing.
 */
export async function boot({ kernel, initramfs, folder, timeoutMs }) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const archive = path.join(folder, "out.tar");
  const machine = await run(
    "qemu-system-x86_64",
    [
      "-accel tcg -cpu max -smp 1 -m 1024 -nodefaults -display none -no-reboot".split(" "),
      // Its clock counts instructions, 8 ns each, so that it runs alike on a busy host.
      ["-icount", "shift=3,sleep=off", "-rtc", "clock=vm"],
      ["-serial", "stdio", "-serial", `file:${archive}`],
      ["-kernel", kernel, "-initrd", initramfs, "-append", "console=ttyS0 quiet panic=-1"],
    ].flat(),
    { check: false, timeoutMs },
  );
  const unpacked = await run("tar", ["-xf", archive, "-C", folder], { check: false });
  if (unpacked.code !== 0) throw new CommandError(`the machine with ${kernel}`, machine);
  rmSync(archive);
}
