import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { inRoot } from "../../../scripts/lib/paths.mjs";

/**
 * Starts a program of test/bench/targets and waits until it works. `command` is
 * the interpreter's. It can be asked for its account: {work, cpu_ns} since it
 * was asked before.
 */
export async function startTarget(command, name, args = []) {
  const script = inRoot("test/bench/targets", name);
  const [program, ...rest] = [...command, script, ...args.map(String)];
  const child = spawn(program, rest, { stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${name} ended with ${await ended}`);
    return value;
  };
  await line();
  return {
    pid: child.pid,
    async account() {
      child.stdin.write("account\n");
      return JSON.parse(await line());
    },
    async stop() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** Runs `work` with a started target, and stops it whatever happens. */
export async function withTarget(command, name, args, work) {
  const target = await startTarget(command, name, args);
  try {
    return await work(target);
  } finally {
    await target.stop();
  }
}
