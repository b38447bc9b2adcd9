/** The keys of when-clauses, kept in step with the session. Context keys: all of contributions.ts. */
import * as vscode from "vscode";
import { isBusy, resultsOf, type SessionState } from "../session/state";
import { contextKeys, type ContextKey } from "./contributions";

export class ContextKeys {
  readonly #values = new Map<ContextKey, boolean>();

  show(state: SessionState): void {
    this.#set(contextKeys.busy, isBusy(state));
    this.#set(contextKeys.sampling, state.kind === "sampling");
    this.#set(contextKeys.hasResults, resultsOf(state) !== undefined);
  }

  #set(key: ContextKey, value: boolean): void {
    if (this.#values.get(key) === value) return;
    this.#values.set(key, value);
    void vscode.commands.executeCommand("setContext", key, value);
  }
}
