/** Starts the deployed helper with the privilege that sampling needs, and not more often than once as root. */
import { askingPrompter, Deadline, orCancelled, throwIfCancelled, whenAborted } from "./cancel";
import {
  collectTail,
  exitText,
  newMarker,
  quoteShell,
  STDERR_TAIL_BYTES,
  type CommandHost,
  type ExitInfo,
} from "./commandHost";
import type { DeployedHelper } from "./deploy";
import {
  isRemoteError,
  oneLine,
  remoteError,
  type RemoteError,
  type RemoteErrorCode,
} from "./errors";
import { linkTo, untilMarker, type HelperLink } from "./helperLink";
import { directStartScript, rootShellArguments, scriptExit } from "./hostScripts";
import type { Prompter } from "./prompter";
import { answerSudo, judgeSudo } from "./sudo";

export interface StartOptions {
  readonly prompter: Prompter;
  readonly signal: AbortSignal;
  /** Called with what is about to run and as whom, before it runs. */
  readonly onCommand: (text: string) => void;
  readonly log: (line: string) => void;
}

/** Copying 10 MB, two hashes and sudo's own look-ups; a directory server that hangs is cut off here. */
const START_TIMEOUT_MS = 60_000;

/** Failures after which the helper can still sample this user's own processes. */
const rootIsNotToBeHad: ReadonlySet<RemoteErrorCode> = new Set([
  "sudo-missing",
  "sudo-refused",
  "sudo-not-allowed",
  "sudo-failed",
]);

/**
 * Starts the helper: directly when this user may sample already (root, or the
 * capabilities), else by `sudo -n`, else by sudo with a password that is asked
 * for. Where none of that works the person may go on without root.
 */
export async function startHelper(
  host: CommandHost,
  helper: DeployedHelper,
  options: StartOptions,
): Promise<HelperLink> {
  if (helper.host.maySample) return startDirectly(host, helper, options);
  try {
    return await startAsRoot(host, helper, options);
  } catch (error) {
    if (!isRemoteError(error)) throw error;
    if (error.code !== "sudo-declined") {
      if (!rootIsNotToBeHad.has(error.code)) throw error;
      const { prompter, signal } = options;
      const question = { user: helper.host.user, host: host.label, reason: error.message };
      if ((await orCancelled(prompter.goOnWithoutRoot(question, signal), signal)) !== true)
        throw error;
    }
    options.log(error.message);
    return startDirectly(host, helper, options);
  }
}

/** Starts it as the user we are. */
async function startDirectly(
  host: CommandHost,
  helper: DeployedHelper,
  options: StartOptions,
): Promise<HelperLink> {
  announce(host, helper, options, "");
  const script = (marker: string) => directStartScript(helper.path, helper.sha256, marker);
  const result = await attempt(host, helper, script, options, undefined);
  if ("link" in result) return result.link;
  throw startError(result, host, helper) ?? failedToStart(result, host);
}

async function startAsRoot(
  host: CommandHost,
  helper: DeployedHelper,
  options: StartOptions,
): Promise<HelperLink> {
  const { user, sudoPath } = helper.host;
  if (sudoPath === undefined) throw remoteError("sudo-missing", { host: host.label, user });
  const bySudo = (flags: string) => (marker: string) => {
    const words = rootShellArguments(helper.path, helper.sha256, marker).map(quoteShell);
    // English messages, whatever the account's language.
    return `LC_ALL=C; export LC_ALL; exec ${sudoPath} ${flags} -- ${words.join(" ")}`;
  };

  announce(host, helper, options, "sudo ");
  const silent = await attempt(host, helper, bySudo("-n"), options, undefined);
  if ("link" in silent) return silent.link;
  const silentError =
    startError(silent, host, helper) ?? judgeSudo(silent.stderr, host.label, user);
  if (silentError !== "password-needed") throw silentError ?? failedToStart(silent, host);

  // A prompt of our own making is recognised in every language and version of sudo.
  const prompt = `[${newMarker("sudo")}]`;
  announce(host, helper, options, "sudo ");
  const asking = bySudo(`-S -p ${quoteShell(prompt)}`);
  const asked = await attempt(host, helper, asking, options, prompt);
  if ("link" in asked) return asked.link;
  const error = startError(asked, host, helper) ?? judgeSudo(asked.stderr, host.label, user);
  if (error === "password-needed") throw remoteError("sudo-refused", { host: host.label, user });
  throw error ?? failedToStart(asked, host);
}

/** Says what is about to run and as whom, before it runs. */
function announce(
  host: CommandHost,
  helper: DeployedHelper,
  { log, onCommand }: StartOptions,
  how: string,
): void {
  const text = `${how}${helper.path} serve`;
  log(`on ${host.label} as ${helper.host.user}: ${text}`);
  onCommand(text);
}

interface Ended {
  readonly exit: ExitInfo;
  readonly stderr: string;
}

/** One try: a link when the marker came, else how it ended. `asks` is the prompt sudo was told to use. */
async function attempt(
  host: CommandHost,
  helper: DeployedHelper,
  scriptFor: (marker: string) => string,
  { prompter, signal, log }: StartOptions,
  asks: string | undefined,
): Promise<{ readonly link: HelperLink } | Ended> {
  throwIfCancelled(signal);
  const marker = newMarker("start");
  const process = await host.start(scriptFor(marker), signal);
  const stderr = collectTail(process.stderr, STDERR_TAIL_BYTES);
  let timedOut = false;
  const deadline = new Deadline(START_TIMEOUT_MS, () => {
    timedOut = true;
    process.close();
  });
  const stopWaiting = whenAborted(signal, () => process.close());
  let failure: unknown;
  const conversation =
    asks === undefined
      ? undefined
      : answerSudo(process, asks, {
          user: helper.host.user,
          host: host.label,
          command: `${helper.path} serve`,
          prompter: askingPrompter(prompter, signal, deadline),
          onFailure: (error) => {
            failure = error;
            process.close();
          },
        });
  try {
    const beginning = await untilMarker(process, marker);
    throwIfCancelled(signal);
    if (failure !== undefined) throw failure;
    if (timedOut) {
      const reason = `nothing happened for ${START_TIMEOUT_MS / 1000} seconds`;
      throw remoteError("helper-failed-to-start", { host: host.label, reason });
    }
    if (beginning.kind === "ended") {
      // sudo writes its words right behind our prompt, on the same line.
      const said = asks === undefined ? stderr.text() : stderr.text().replaceAll(asks, "\n");
      return { exit: beginning.exit, stderr: said };
    }
    logLines(process.stderr, (line) => log(`helper on ${host.label}: ${line}`));
    return { link: linkTo(process, beginning.stdout, host.label, helper.sha256, stderr) };
  } catch (error) {
    process.close();
    throw error;
  } finally {
    conversation?.end();
    deadline.end();
    stopWaiting();
  }
}

/** What our own scripts and the connection say; undefined when it was sudo or the helper. */
function startError(
  { exit }: Ended,
  { label }: CommandHost,
  { path }: DeployedHelper,
): RemoteError | undefined {
  if (exit.kind === "lost") return remoteError("link-lost", { host: label });
  const code = exit.kind === "exit" ? exit.code : undefined;
  const failed = (reason: string) => remoteError("helper-failed-to-start", { host: label, reason });
  switch (code) {
    case scriptExit.tampered:
      return remoteError("helper-tampered", { host: label, path });
    case scriptExit.noHashTool:
      return failed("there is neither sha256sum nor shasum nor openssl to check it with");
    case scriptExit.noRootPlace:
      return failed("root found no directory in which it can be put and run");
    case scriptExit.unreadableByRoot:
      return remoteError("helper-unreadable-by-root", { host: label, path });
    default:
      return undefined;
  }
}

function failedToStart({ exit, stderr }: Ended, { label }: CommandHost): RemoteError {
  const reason = [exitText(exit), oneLine(stderr)].filter(Boolean).join(": ");
  return remoteError("helper-failed-to-start", { host: label, reason });
}

function logLines(stream: NodeJS.ReadableStream, log: (line: string) => void): void {
  let rest = "";
  stream.on("data", (chunk: Buffer) => {
    const lines = (rest + chunk.toString("utf8")).split("\n");
    rest = (lines.pop() ?? "").slice(-STDERR_TAIL_BYTES);
    for (const line of lines) log(line);
  });
}
