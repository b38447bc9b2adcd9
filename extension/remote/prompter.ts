/**
 * The questions that reaching a host can raise. The editor answers them with
 * input boxes, tests and scripts with prepared answers; remote/ never draws.
 * Every answer `undefined` means that the person cancelled, which ends the
 * whole attempt. A question whose signal aborts must close itself.
 */
export interface Prompter {
  /** The login password of `user` on `host`. */
  askPassword(question: PasswordQuestion, signal: AbortSignal): Promise<string | undefined>;
  /** The passphrase of a private key; asked only after the server said it would take that key. */
  askPassphrase(question: PassphraseQuestion, signal: AbortSignal): Promise<string | undefined>;
  /** One round of keyboard-interactive: as many answers as there are prompts. */
  answerKeyboardInteractive(
    question: KeyboardInteractiveQuestion,
    signal: AbortSignal,
  ): Promise<readonly string[] | undefined>;
  /** Whether an unknown host key is the right one. Asked before any secret is sent. */
  confirmUnknownHostKey(
    question: UnknownHostKeyQuestion,
    signal: AbortSignal,
  ): Promise<boolean | undefined>;
  /** The password sudo wants; or the person would rather do without root. */
  askSudoPassword(
    question: SudoPasswordQuestion,
    signal: AbortSignal,
  ): Promise<string | typeof WITHOUT_ROOT | undefined>;
  /** Whether to go on as the user we are, after root was not to be had. */
  goOnWithoutRoot(question: WithoutRootQuestion, signal: AbortSignal): Promise<boolean | undefined>;
}

/** An answer beside the passwords. */
export const WITHOUT_ROOT = Symbol("without root");

export interface WithoutRootQuestion {
  readonly user: string;
  readonly host: string;
  /** Why root is not to be had, in one sentence. */
  readonly reason: string;
}

export interface PasswordQuestion {
  readonly user: string;
  readonly host: string;
  /** 1 for the first time; a higher number means that the answer before was refused. */
  readonly attempt: number;
}

export interface PassphraseQuestion {
  readonly keyPath: string;
  readonly attempt: number;
}

export interface KeyboardInteractiveQuestion {
  readonly user: string;
  readonly host: string;
  /** A title from the server, often empty. */
  readonly name: string;
  readonly instructions: string;
  readonly prompts: readonly KeyboardInteractivePrompt[];
  readonly attempt: number;
}

export interface KeyboardInteractivePrompt {
  readonly prompt: string;
  /** Whether what is typed may be shown. */
  readonly echo: boolean;
}

export interface UnknownHostKeyQuestion {
  readonly host: string;
  readonly port: number;
  /** As in known_hosts: "ssh-ed25519", "ssh-rsa", … */
  readonly keyType: string;
  /** "SHA256:" and unpadded base64, as ssh-keygen -l prints it. */
  readonly sha256Fingerprint: string;
  /** Key types under which this host is known already; a reason to look twice. */
  readonly otherKnownTypes: readonly string[];
  /** The file the key is written to when accepted, or undefined when it is not kept. */
  readonly savedTo: string | undefined;
}

export interface SudoPasswordQuestion {
  readonly user: string;
  readonly host: string;
  readonly attempt: number;
  /** Whether the answer before was refused; false on attempt 2 means a second question (a code). */
  readonly refused: boolean;
  /** What will run as root. */
  readonly command: string;
  /** The host's own words when it asks for something else than the password, such as a code. */
  readonly question?: string;
}
