/** The talk with sudo over a pipe: its questions come on stderr, answers go to stdin, a line each. */
import type { AskingPrompter } from "./cancel";
import type { HostProcess } from "./commandHost";
import { oneLine, remoteError, type RemoteError } from "./errors";
import { WITHOUT_ROOT } from "./prompter";

export interface SudoTalk {
  readonly user: string;
  readonly host: string;
  /** What the password is wanted for, to be shown. */
  readonly command: string;
  readonly prompter: AskingPrompter;
  /** A question was cancelled or could not be asked; the attempt is over. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * How long an unfinished line must stand, in ms, to count as a question of a PAM
 * module: those come in their own words ("Verification code: "), sudo's -p does
 * not reach them.
 */
const UNFINISHED_LINE_MS = 700;

/**
 * Answers what sudo asks until end() is called. `prompt` is what sudo was told to
 * ask with (-p). sudo -S reads byte by byte up to the line's end, so what is
 * written later reaches the command it starts.
 */
export function answerSudo(process: HostProcess, prompt: string, talk: SudoTalk): { end(): void } {
  let unread = "";
  let attempt = 0;
  let timer: NodeJS.Timeout | undefined;
  let asking = false;
  const ask = async (refused: boolean, question: string | undefined) => {
    asking = true;
    attempt++;
    try {
      const { user, host, command } = talk;
      const answer = await talk.prompter.askSudoPassword({
        user,
        host,
        command,
        attempt,
        refused,
        ...(question === undefined ? {} : { question }),
      });
      if (answer === WITHOUT_ROOT) throw remoteError("sudo-declined", { host, user });
      process.stdin.write(`${answer}\n`);
    } catch (error) {
      talk.onFailure(error);
    } finally {
      asking = false;
      look();
    }
  };
  const look = () => {
    clearTimeout(timer);
    if (asking) return;
    const at = unread.indexOf(prompt);
    if (at >= 0) {
      // It was asked before and asks the same again, so the answer before was wrong.
      const refused = attempt > 0 && /try again/i.test(unread.slice(0, at));
      unread = unread.slice(at + prompt.length);
      void ask(refused, undefined);
      return;
    }
    const line = unread.slice(unread.lastIndexOf("\n") + 1).trim();
    if (line === "") return;
    timer = setTimeout(() => {
      unread = "";
      void ask(false, oneLine(line));
    }, UNFINISHED_LINE_MS);
  };
  const onData = (chunk: Buffer) => {
    unread += chunk.toString("utf8");
    look();
  };
  process.stdin.on("error", () => {});
  process.stderr.on("data", onData);
  return {
    end: () => {
      clearTimeout(timer);
      process.stderr.off("data", onData);
    },
  };
}

/**
 * What sudo's English messages mean: a password would help, a catalogue error, or
 * undefined when it was not sudo that failed. Wordings are those of sudo 1.8 to
 * 1.9 and of sudo-rs.
 */
export function judgeSudo(
  stderr: string,
  host: string,
  user: string,
): RemoteError | "password-needed" | undefined {
  // Each of its lines names it; what comes between is the command's.
  const lines = stderr.split("\n").map((line) => line.trim());
  const said = lines.filter((line) =>
    /^sudo(-rs)?:|not in the sudoers|may not run sudo|not allowed/.test(line),
  );
  const text = said.join(" ");
  const reason = oneLine(said.at(-1) ?? "").replace(/^sudo(-rs)?: /, "");
  if (/not in the sudoers|may not run sudo|not allowed to (execute|run)|I'm sorry/i.test(text)) {
    return remoteError("sudo-not-allowed", { host, user, reason });
  }
  if (
    /incorrect password attempt|incorrect authentication attempt|maximum .*attempts/i.test(text)
  ) {
    return remoteError("sudo-refused", { host, user });
  }
  if (/password is required|authentication is required|no password was provided/i.test(text)) {
    return "password-needed";
  }
  return text === "" ? undefined : remoteError("sudo-failed", { host, reason });
}
