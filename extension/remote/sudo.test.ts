import { PassThrough } from "node:stream";
import { afterEach, describe, expect, test } from "vitest";
import { scriptedPrompter } from "../../test/support/sshClient";
import { askingPrompter } from "./cancel";
import { isRemoteError } from "./errors";
import { answerSudo, judgeSudo } from "./sudo";

describe("judgeSudo", () => {
  test.each<[string, string, string | undefined]>([
    ["sudo -n without the right to it", "sudo: a password is required\n", "password-needed"],
    ["sudo-rs -n", "sudo: interactive authentication is required\n", "password-needed"],
    ["EOF instead of a password", "sudo: no password was provided\n", "password-needed"],
    [
      "three wrong passwords",
      "\nSorry, try again.\n\nsudo: 3 incorrect password attempts\n",
      "sudo-refused",
    ],
    [
      "one wrong password",
      "Sorry, try again.\nsudo: 1 incorrect password attempt\n",
      "sudo-refused",
    ],
    [
      "three wrong passwords with sudo-rs",
      "sudo: Maximum 3 incorrect authentication attempts\n",
      "sudo-refused",
    ],
    ["no entry in sudoers", "ann is not in the sudoers file.\n", "sudo-not-allowed"],
    [
      "an entry for other commands",
      "Sorry, user ann is not allowed to execute '/bin/sh -c x' as root on web1.\n",
      "sudo-not-allowed",
    ],
    ["an entry for other hosts", "Sorry, user ann may not run sudo on web1.\n", "sudo-not-allowed"],
    [
      "no entry, in the words of sudo-rs",
      "sudo: I'm sorry ann. I'm afraid I can't do that\n",
      "sudo-not-allowed",
    ],
    ["requiretty", "sudo: sorry, you must have a tty to run sudo\n", "sudo-failed"],
    [
      "a container that forbids it",
      'sudo: The "no new privileges" flag is set, which prevents sudo from running as root.\n',
      "sudo-failed",
    ],
    ["nothing", "", undefined],
    ["the helper's own words", "emberline-helper: internal: It broke.\n", undefined],
    ["a warning of the login shell", "stty: 'standard input': Inappropriate ioctl\n", undefined],
  ])("%s", (_name, stderr, verdict) => {
    const judged = judgeSudo(stderr, "web1", "ann");
    expect(isRemoteError(judged) ? judged.code : judged).toBe(verdict);
  });

  test("says what sudo said", () => {
    const judged = judgeSudo("ann is not in the sudoers file.\n", "web1", "ann");
    expect(isRemoteError(judged) && judged.message).toContain("ann is not in the sudoers file");
  });
});

describe("answerSudo", () => {
  const prompt = "[ask]";
  const ends: (() => void)[] = [];
  afterEach(() => {
    for (const end of ends.splice(0)) end();
  });

  function talk(answers: readonly (string | undefined)[]) {
    const stdin = new PassThrough();
    const stderr = new PassThrough();
    const failures: unknown[] = [];
    const prompter = scriptedPrompter({
      askSudoPassword: ({ attempt }) => answers[attempt - 1],
    });
    const conversation = answerSudo(
      {
        stdin,
        stderr,
        stdout: new PassThrough(),
        exited: new Promise(() => {}),
        kill: () => {},
        close: () => {},
      },
      prompt,
      {
        user: "ann",
        host: "web1",
        command: "helper serve",
        prompter: askingPrompter(prompter, new AbortController().signal),
        onFailure: (error) => failures.push(error),
      },
    );
    ends.push(() => conversation.end());
    const asked = () =>
      prompter.asked.map(({ question }) => [
        question["attempt"],
        question["refused"],
        question["question"],
      ]);
    const sent = () => String(stdin.read() ?? "");
    return { stderr, asked, sent, failures };
  }

  test("a prompt is answered, also one that comes in pieces behind other text", async () => {
    const { stderr, asked, sent } = talk(["secret"]);
    stderr.write("Welcome!\n[a");
    stderr.write("sk]");
    await expect.poll(sent).toBe("secret\n");
    expect(asked()).toEqual([[1, false, undefined]]);
  });

  test("the same prompt after a refusal says so", async () => {
    const { stderr, asked, sent } = talk(["wrong", "secret"]);
    stderr.write(prompt);
    await expect.poll(sent).toBe("wrong\n");
    stderr.write(`Sorry, try again.\n${prompt}`);
    await expect.poll(sent).toBe("secret\n");
    expect(asked()).toEqual([
      [1, false, undefined],
      [2, true, undefined],
    ]);
  });

  test("a question of a PAM module is passed on in its own words", async () => {
    const { stderr, asked, sent } = talk(["secret", "123456"]);
    stderr.write(prompt);
    await expect.poll(sent).toBe("secret\n");
    stderr.write("Verification code: ");
    await expect.poll(sent, { timeout: 3_000 }).toBe("123456\n");
    expect(asked()).toEqual([
      [1, false, undefined],
      [2, false, "Verification code:"],
    ]);
  });

  test("a whole line is no question", async () => {
    const { stderr, asked } = talk(["secret"]);
    stderr.write("sudo: unable to resolve host web1\n");
    await new Promise((resolve) => setTimeout(resolve, 900));
    expect(asked()).toEqual([]);
  });

  test("a cancelled question ends the talk", async () => {
    const { stderr, sent, failures } = talk([undefined]);
    stderr.write(prompt);
    await expect.poll(() => failures.length).toBe(1);
    expect(isRemoteError(failures[0], "cancelled")).toBe(true);
    expect(sent()).toBe("");
  });
});
