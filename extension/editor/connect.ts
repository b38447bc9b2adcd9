/** Reaches a host with the user's ssh configuration and answers, and speaks with the helper there. */
import * as vscode from "vscode";
import { isAbort, toFailure } from "../session/failures";
import type { Connect } from "../session/ports";
import { reachHelper } from "../remote/reach";
import type { SshEnvironment } from "../remote/sshConfigFile";
import { openHelperClient } from "./helperClient";
import type { EditorPrompter } from "./prompter";

export interface ConnectDeps {
  readonly extensionUri: vscode.Uri;
  readonly environment: () => SshEnvironment;
  readonly prompter: EditorPrompter;
  /** Called with a host's name once a helper answered there. */
  readonly onReached: (destination: string) => Promise<void>;
  readonly log: vscode.LogOutputChannel;
}

/** A catalogue entry with what lay beneath it; for anything else the stack, because it is a defect. */
function logFailure(error: unknown, log: vscode.LogOutputChannel): void {
  const { code, message } = toFailure(error);
  log.error(`${code}: ${message}`);
  const beneath = code === "internal" ? error : error instanceof Error ? error.cause : undefined;
  if (beneath instanceof Error) log.error(beneath);
}

export function createConnect(deps: ConnectDeps): Connect {
  const { extensionUri, prompter, log } = deps;
  const helper = (platform: string) =>
    vscode.Uri.joinPath(extensionUri, "dist", "helper", platform, "emberline-helper").fsPath;
  const binaries = { "linux-x64": helper("linux-x64"), "linux-arm64": helper("linux-arm64") };

  return async (target, onPhase, signal) => {
    try {
      const link = await reachHelper(target, {
        environment: deps.environment(),
        binaries,
        prompter,
        signal,
        onPhase,
        log: (line) => log.info(line),
      });
      const client = await openHelperClient(link, log, signal);
      await prompter.accepted();
      if (target.kind === "ssh") await deps.onReached(target.destination);
      return client;
    } catch (error) {
      prompter.rejected();
      if (!isAbort(error)) logFailure(error, log);
      throw error;
    }
  };
}
