/** Wires the extension together; every feature lives in one file of editor/. */
import * as vscode from "vscode";
import { EVERYTHING } from "./core/selection";
import { createConnect } from "./editor/connect";
import { ContextKeys } from "./editor/contextKeys";
import { commands } from "./editor/contributions";
import { FlamePanel } from "./editor/flamePanel";
import { HeatDecorations } from "./editor/heatDecorations";
import { HeatModel } from "./editor/heatModel";
import { HostPicker } from "./editor/hostPicker";
import { HotLinesView } from "./editor/hotLinesView";
import { HeatHover } from "./editor/hover";
import { createLog } from "./editor/log";
import { registerMismatchNotice } from "./editor/mismatchNotice";
import { SourceOpener } from "./editor/openSource";
import { registerProfileCommands } from "./editor/profileCommands";
import { EditorPrompter } from "./editor/prompter";
import { createQuestions } from "./editor/questions";
import { RemoteSources } from "./editor/remoteSources";
import { registerSessionDetails } from "./editor/sessionDetails";
import { SessionProgress } from "./editor/sessionProgress";
import { resultsTitle } from "./editor/sessionText";
import { readSetting } from "./editor/settings";
import { SourceMap } from "./editor/sourceMap";
import { readAliases, sshEnvironment } from "./editor/sshSettings";
import { StatusBar } from "./editor/statusBar";
import { TrackedDocuments } from "./editor/trackedDocuments";
import { WorkspaceFiles } from "./editor/workspaceFiles";
import { SessionRunner } from "./session/runner";
import { isBusy, isRunning, resultsOf } from "./session/state";

let runner: SessionRunner | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const { extensionUri, subscriptions, globalState } = context;
  const own = <T extends vscode.Disposable>(disposable: T): T => {
    subscriptions.push(disposable);
    return disposable;
  };
  const log = own(createLog());
  const prompter = new EditorPrompter(context);
  const hostPicker = new HostPicker(globalState, readAliases);
  const session = new SessionRunner({
    connect: createConnect({
      extensionUri,
      environment: sshEnvironment,
      prompter,
      onReached: (destination) => hostPicker.remember(destination),
      log,
    }),
    questions: createQuestions(hostPicker),
    samplingOptions: () => ({
      frequencyHz: readSetting("sampling.frequencyHz"),
      native: readSetting("sampling.native"),
      kernel: readSetting("sampling.kernel"),
    }),
    log: (message) => log.info(message),
  });
  runner = session;
  const results = () => resultsOf(session.state);

  const model = new HeatModel();
  const files = own(new WorkspaceFiles());
  const sourceMap = own(new SourceMap(model, files));
  const remoteSources = own(new RemoteSources((uri, signal) => session.readContent(uri, signal)));
  const documents = own(new TrackedDocuments(model, sourceMap, (uri) => remoteSources.read(uri)));
  const opener = new SourceOpener(sourceMap, documents);
  const decorations = own(new HeatDecorations(model, documents));
  const hotLines = own(new HotLinesView(model, (source, line) => opener.open(source, line, false)));
  const flame = own(
    new FlamePanel({
      extensionUri,
      source: () => ({
        title: flameTitle(),
        frequencyHz: results()?.run.frequencyHz ?? 0,
        profile: session.profile,
        isLive: isRunning(session.state),
        lost: results()?.stats?.lost ?? 0,
      }),
      openFrame: (source, line, toSide) => opener.open(source, line, toSide),
      onZoom: (path) => {
        model.select(path === null ? EVERYTHING : { ...EVERYTHING, path });
        const zoomed = path?.functions.at(-1);
        hotLines.showZoom(zoomed === undefined ? undefined : session.profile?.functionName(zoomed));
        decorations.draw();
      },
      log: (message) => log.warn(message),
    }),
  );
  const flameTitle = () => {
    const now = results();
    return now === undefined ? "" : resultsTitle(now);
  };
  const details = registerSessionDetails(results);
  const status = own(
    new StatusBar(
      () => session.state,
      () => session.cancel(),
    ),
  );
  const progress = own(new SessionProgress(() => session.cancel()));
  const contextKeys = new ContextKeys();
  subscriptions.push(
    details.disposable,
    prompter.register(),
    new HeatHover(model, documents).register(),
    registerMismatchNotice(documents, (source) => opener.openRemote(source, 1)),
    registerProfileCommands(session),
    vscode.commands.registerCommand(commands.showLog, () => log.show()),
  );

  const unlisten = session.listen({
    onState: (state, previous) => {
      contextKeys.show(state);
      status.show(state);
      progress.show(state);
      hotLines.showState(state);
      flame.setLive(isRunning(state));
      details.refresh();
      // Listed while the host is being reached, so that the first heat need not wait for it.
      if (isBusy(state) && !isBusy(previous)) void files.pathMap();
    },
    onProfile: (profile, delta) => {
      model.update(profile);
      if (delta === undefined) {
        sourceMap.reset(results()?.target.kind === "local");
        documents.reset();
        remoteSources.reset();
        flame.reset();
        hotLines.showZoom(undefined);
      } else {
        sourceMap.update();
        flame.delta(delta);
      }
      decorations.draw();
      hotLines.refresh();
    },
  });
  subscriptions.push({ dispose: unlisten });
  contextKeys.show(session.state);
}

/** Shuts the helper down; VS Code waits a few seconds for it. */
export async function deactivate(): Promise<void> {
  await runner?.dispose();
}
