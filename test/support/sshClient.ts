/** The client's side of the SSH tests: a home with a configuration, and a person with prepared answers. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import type { Prompter } from "../../extension/remote/prompter";
import type { SshEnvironment } from "../../extension/remote/sshConfigFile";

export interface ClientHome {
  readonly dir: string;
  readonly sshDir: string;
  readonly environment: SshEnvironment;
  remove(): void;
}

/** A home directory that has only what the test puts there: no agent, no keys, no system files. */
export function makeClientHome(
  files: { config?: string; known_hosts?: string },
  variables: Record<string, string> = {},
): ClientHome {
  const dir = mkdtempSync(path.join(tmpdir(), "emberline-home-"));
  const sshDir = path.join(dir, ".ssh");
  mkdirSync(sshDir, { mode: 0o700 });
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(path.join(sshDir, name), text, { mode: 0o600 });
  }
  return {
    dir,
    sshDir,
    environment: {
      homeDir: dir,
      userName: "nobody-here",
      localHostName: "localhost",
      platform: "linux",
      variables,
      userConfigPath: path.join(sshDir, "config"),
      systemConfigPath: path.join(dir, "no-system-config"),
      systemKnownHostsPaths: [],
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}

type Answers = {
  [K in keyof Prompter]?: (
    ...question: Parameters<Prompter[K]>
  ) => Awaited<ReturnType<Prompter[K]>> | ReturnType<Prompter[K]>;
};

/** Every question that was asked, by name, and its content. */
export type AskedQuestion = { name: keyof Prompter; question: Record<string, unknown> };

/** Answers as prepared; a question without a prepared answer is cancelled, and recorded like all. */
export function scriptedPrompter(answers: Answers): Prompter & { asked: AskedQuestion[] } {
  const asked: AskedQuestion[] = [];
  const note = (name: keyof Prompter, question: object) =>
    asked.push({ name, question: { ...question } });
  return {
    asked,
    askPassword: async (question, signal) => {
      note("askPassword", question);
      return answers.askPassword?.(question, signal);
    },
    askPassphrase: async (question, signal) => {
      note("askPassphrase", question);
      return answers.askPassphrase?.(question, signal);
    },
    answerKeyboardInteractive: async (question, signal) => {
      note("answerKeyboardInteractive", question);
      return answers.answerKeyboardInteractive?.(question, signal);
    },
    confirmUnknownHostKey: async (question, signal) => {
      note("confirmUnknownHostKey", question);
      return answers.confirmUnknownHostKey?.(question, signal);
    },
    askSudoPassword: async (question, signal) => {
      note("askSudoPassword", question);
      return answers.askSudoPassword?.(question, signal);
    },
    goOnWithoutRoot: async (question, signal) => {
      note("goOnWithoutRoot", question);
      return answers.goOnWithoutRoot?.(question, signal);
    },
  };
}
