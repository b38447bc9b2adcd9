import type { AnyAuthMethod, KeyboardInteractiveCallback, Prompt } from "ssh2";

import type { AskingPrompter } from "./cancel";
import { remoteError, type RemoteError } from "./errors";
import type { ResolvedHost, SshAuthMethod } from "./sshConfig";
import { OneKeyAgent, type Identities, type Identity } from "./sshIdentities";

/** ssh's NumberOfPasswordPrompts. */
const TRIES = 3;

/**
 * Decides what to try next to log in. Asked by ssh2 after each refusal; ends
 * with false when nothing is left. Nothing is asked of a person before keys
 * have been tried, and no method the server does not offer is tried at all.
 */
export class LoginAttempts {
  readonly #tried: string[] = [];
  #offered: readonly string[] = [];
  #identities: Identity[];
  #locked: Identities["locked"][number][];
  #signed = false;
  #interactive = { attempts: 0, prompted: true, onlyPasswords: true };
  #passwordAttempts = 0;

  constructor(
    private readonly host: ResolvedHost,
    identities: Identities,
    private readonly prompter: AskingPrompter,
    /** Ends the whole login: a person cancelled inside a callback of ssh2. */
    private readonly fail: (error: unknown) => void,
  ) {
    this.#identities = [...identities.ready];
    this.#locked = [...identities.locked];
    this.#tried.push(...identities.problems);
  }

  /** `left` are the methods the server still takes, null before the first try. */
  async next(left: readonly string[] | null): Promise<AnyAuthMethod | false> {
    const username = this.host.user;
    if (left === null) return { type: "none", username };
    if (this.#signed) {
      // ssh2 keeps the answer to an agent's signature to itself, so after a partial
      // success `left` is stale (publickey although a second factor is wanted now).
      this.#signed = false;
      return { type: "none", username };
    }
    this.#offered = left;
    for (const method of this.host.authMethods) {
      if (!left.includes(method)) continue;
      const step = await this.#step(method);
      if (step !== undefined) return step;
    }
    return false;
  }

  /** The failure to report when the server let nobody in. */
  refusal(tooManyFailures: boolean, cause?: unknown): RemoteError {
    const { user, hostName } = this.host;
    const facts = { user, host: hostName, tried: this.#tried };
    return tooManyFailures
      ? remoteError("auth-too-many-failures", facts, cause)
      : remoteError("auth-refused", { ...facts, offered: this.#offered }, cause);
  }

  #step(method: SshAuthMethod): Promise<AnyAuthMethod | undefined> {
    switch (method) {
      case "publickey":
        return this.#nextKey();
      case "keyboard-interactive":
        return Promise.resolve(this.#nextInteractive());
      case "password":
        return this.#nextPassword();
    }
  }

  async #nextKey(): Promise<AnyAuthMethod | undefined> {
    let identity = this.#identities.shift();
    while (identity === undefined && this.#locked.length > 0) {
      identity = await this.#locked.shift()?.();
    }
    if (identity === undefined) return undefined;
    this.#tried.push(identity.label);
    const onSign = () => {
      this.#signed = true;
    };
    const agent = new OneKeyAgent(identity, this.prompter, onSign, this.fail);
    return { type: "agent", username: this.host.user, agent };
  }

  #nextInteractive(): AnyAuthMethod | undefined {
    const state = this.#interactive;
    // A server that offers the method but asks nothing would refuse for ever.
    if (state.attempts >= TRIES || !state.prompted) return undefined;
    state.attempts++;
    state.prompted = false;
    if (state.attempts === 1) this.#tried.push("keyboard-interactive");
    const prompt = (
      name: string,
      instructions: string,
      _language: string,
      prompts: Prompt[],
      finish: KeyboardInteractiveCallback,
    ) => {
      state.prompted = true;
      state.onlyPasswords &&=
        prompts.length === 1 && !prompts[0]?.echo && /password/i.test(prompts[0]?.prompt ?? "");
      this.prompter
        .answerKeyboardInteractive({
          user: this.host.user,
          host: this.host.hostName,
          name,
          instructions,
          prompts: prompts.map(({ prompt: text, echo }) => ({ prompt: text, echo: echo === true })),
          attempt: state.attempts,
        })
        .then((answers) => finish([...answers]), this.fail);
    };
    return { type: "keyboard-interactive", username: this.host.user, prompt };
  }

  async #nextPassword(): Promise<AnyAuthMethod | undefined> {
    // The same secret was refused three times already under the other name.
    const { attempts, prompted, onlyPasswords } = this.#interactive;
    if (attempts >= TRIES && prompted && onlyPasswords) return undefined;
    if (this.#passwordAttempts >= TRIES) return undefined;
    this.#passwordAttempts++;
    const password = await this.prompter.askPassword({
      user: this.host.user,
      host: this.host.hostName,
      attempt: this.#passwordAttempts,
    });
    if (this.#passwordAttempts === 1) this.#tried.push("password");
    return { type: "password", username: this.host.user, password };
  }
}
