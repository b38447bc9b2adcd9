/**
 * Answers remote/'s questions with input boxes and one modal.
 * Owns the secret store: sudo passwords are kept there only when the user
 * switched it on in the input box, and only after sudo accepted them.
 */
import * as vscode from "vscode";
import {
  WITHOUT_ROOT,
  type KeyboardInteractiveQuestion,
  type PassphraseQuestion,
  type PasswordQuestion,
  type Prompter,
  type SudoPasswordQuestion,
  type UnknownHostKeyQuestion,
  type WithoutRootQuestion,
} from "../remote/prompter";
import { commands } from "./contributions";
import * as texts from "./texts";

const sudoSecretPrefix = "sudo:";
/** Which secrets exist, because SecretStorage cannot list its keys in every VS Code we support. */
const sudoSecretIndex = "sudoSecretKeys";

interface InputOptions {
  readonly title: string;
  readonly prompt: string;
  readonly password: boolean;
  readonly refused: boolean;
  readonly step?: number;
  readonly totalSteps?: number;
  /** Set when the answer may be kept: the prompt to show while the user wants that. */
  readonly rememberPrompt?: string;
  /** Set when there is a way without an answer: what its button says. */
  readonly otherWay?: string;
}

interface SecretAnswer {
  readonly value: string;
  readonly remember: boolean;
  readonly isOtherWay: boolean;
}

export class EditorPrompter implements Prompter {
  readonly #secrets: vscode.SecretStorage;
  readonly #memory: vscode.Memento;
  /** Typed with "keep" on, not yet accepted by sudo. */
  #pending: { key: string; password: string } | undefined;

  constructor(context: vscode.ExtensionContext) {
    this.#secrets = context.secrets;
    this.#memory = context.globalState;
  }

  askPassword(question: PasswordQuestion, signal: AbortSignal): Promise<string | undefined> {
    return input(
      {
        title: texts.passwordTitle(`${question.user}@${question.host}`),
        prompt: texts.secretPrompt,
        password: true,
        refused: question.attempt > 1,
      },
      signal,
    ).then((answer) => answer?.value);
  }

  askPassphrase(question: PassphraseQuestion, signal: AbortSignal): Promise<string | undefined> {
    return input(
      {
        title: texts.passphraseTitle(question.keyPath),
        prompt: texts.passphrasePrompt,
        password: true,
        refused: question.attempt > 1,
      },
      signal,
    ).then((answer) => answer?.value);
  }

  async answerKeyboardInteractive(
    question: KeyboardInteractiveQuestion,
    signal: AbortSignal,
  ): Promise<readonly string[] | undefined> {
    const answers: string[] = [];
    for (const [index, { prompt, echo }] of question.prompts.entries()) {
      const answer = await input(
        {
          title: question.name || texts.loginTitle(`${question.user}@${question.host}`),
          // The server's words: shown as plain text, after a word on who is asking.
          prompt: texts.serverAsks(question.host, `${question.instructions} ${prompt}`.trim()),
          password: !echo,
          refused: question.attempt > 1,
          step: index + 1,
          totalSteps: question.prompts.length,
        },
        signal,
      );
      if (answer === undefined) return undefined;
      answers.push(answer.value);
    }
    return answers;
  }

  async confirmUnknownHostKey(
    question: UnknownHostKeyQuestion,
    signal: AbortSignal,
  ): Promise<boolean | undefined> {
    const host = question.port === 22 ? question.host : `[${question.host}]:${question.port}`;
    const choice = vscode.window.showWarningMessage(
      texts.hostKeyQuestion(host),
      { modal: true, detail: texts.hostKeyDetail(question) },
      texts.hostKeyAccept,
    );
    // A modal cannot be closed by us; an abort only stops waiting for it.
    const answer = await Promise.race([choice, aborted(signal)]);
    return answer === texts.hostKeyAccept ? true : undefined;
  }

  async askSudoPassword(
    question: SudoPasswordQuestion,
    signal: AbortSignal,
  ): Promise<string | typeof WITHOUT_ROOT | undefined> {
    const who = `${question.user}@${question.host}`;
    const key = sudoSecretPrefix + who;
    // A question besides the password (a code) leaves what was typed before it to be judged.
    if (question.question === undefined) this.#pending = undefined;
    if (question.refused) {
      await this.#forget(key);
    } else if (question.question === undefined) {
      const kept = await this.#secrets.get(key);
      if (kept !== undefined) return kept;
    }
    // Anything but the password is a code, which is useless tomorrow.
    const isPassword = question.question === undefined;
    const answer = await input(
      {
        title: texts.sudoTitle(who),
        prompt: isPassword
          ? texts.sudoPrompt(question.command)
          : texts.serverAsks(question.host, question.question ?? ""),
        password: true,
        refused: question.refused,
        ...(isPassword && {
          rememberPrompt: texts.sudoPromptRemember(question.command),
          otherWay: texts.withoutRootButton,
        }),
      },
      signal,
    );
    if (answer?.isOtherWay === true) return WITHOUT_ROOT;
    if (answer?.remember === true) this.#pending = { key, password: answer.value };
    return answer?.value;
  }

  async goOnWithoutRoot(
    question: WithoutRootQuestion,
    signal: AbortSignal,
  ): Promise<boolean | undefined> {
    const choice = vscode.window.showWarningMessage(
      texts.withoutRootQuestion(question.reason),
      { modal: true, detail: texts.withoutRootDetail(question.user) },
      texts.withoutRootAccept,
    );
    const answer = await Promise.race([choice, aborted(signal)]);
    return answer === texts.withoutRootAccept;
  }

  /** To call when the host was reached: what was typed works, so it may be kept. */
  async accepted(): Promise<void> {
    if (this.#pending === undefined) return;
    const { key, password } = this.#pending;
    this.#pending = undefined;
    await this.#secrets.store(key, password);
    await this.#memory.update(sudoSecretIndex, [...new Set([...this.#keys(), key])]);
  }

  /** To call when a host was not reached: what was typed is forgotten. */
  rejected(): void {
    this.#pending = undefined;
  }

  /** The command emberline.forgetPasswords. */
  async forgetAll(): Promise<void> {
    for (const key of this.#keys()) await this.#secrets.delete(key);
    await this.#memory.update(sudoSecretIndex, undefined);
    void vscode.window.showInformationMessage(texts.passwordsForgotten);
  }

  register(): vscode.Disposable {
    return vscode.commands.registerCommand(commands.forgetPasswords, () => this.forgetAll());
  }

  #keys(): readonly string[] {
    return this.#memory.get<string[]>(sudoSecretIndex, []);
  }

  async #forget(key: string): Promise<void> {
    await this.#secrets.delete(key);
    await this.#memory.update(
      sudoSecretIndex,
      this.#keys().filter((known) => known !== key),
    );
  }
}

function input(options: InputOptions, signal: AbortSignal): Promise<SecretAnswer | undefined> {
  if (signal.aborted) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const box = vscode.window.createInputBox();
    let remember = false;
    box.title = options.title;
    box.prompt = options.prompt;
    box.password = options.password;
    box.step = options.step;
    box.totalSteps = options.totalSteps;
    // A password manager takes the focus; the question must survive that.
    box.ignoreFocusOut = true;
    if (options.refused) box.validationMessage = texts.refused;
    const otherWay = options.otherWay !== undefined && {
      iconPath: new vscode.ThemeIcon("shield"),
      tooltip: options.otherWay,
    };
    const showRemember = () => {
      if (options.rememberPrompt === undefined) return;
      const icon = new vscode.ThemeIcon(remember ? "pass-filled" : "save");
      box.buttons = [
        ...(otherWay === false ? [] : [otherWay]),
        { iconPath: icon, tooltip: remember ? texts.rememberOn : texts.rememberOff },
      ];
      box.prompt = remember ? options.rememberPrompt : options.prompt;
    };
    showRemember();
    const finish = (value: SecretAnswer | undefined) => {
      signal.removeEventListener("abort", onAbort);
      resolve(value);
      box.dispose();
    };
    const onAbort = () => finish(undefined);
    signal.addEventListener("abort", onAbort, { once: true });
    box.onDidTriggerButton((button) => {
      if (button === otherWay) return finish({ value: "", remember: false, isOtherWay: true });
      remember = !remember;
      showRemember();
    });
    box.onDidChangeValue(() => {
      box.validationMessage = undefined;
    });
    box.onDidAccept(() => finish({ value: box.value, remember, isOtherWay: false }));
    box.onDidHide(() => finish(undefined));
    box.show();
  });
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
}
