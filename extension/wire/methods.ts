/** Every method of the helper as a typed JSON-RPC signature; params, result and error data are the generated types. */
import { NotificationType, RequestType, RequestType0 } from "vscode-jsonrpc";
import type { HelperErrorData } from "./errors";
import {
  MethodAcknowledge,
  MethodDelta,
  MethodDoctor,
  MethodEnded,
  MethodListProcesses,
  MethodSource,
  MethodStart,
  MethodStop,
  MethodTextDocumentContent,
  type AcknowledgeParams,
  type Delta,
  type DoctorReport,
  type EndedParams,
  type ListProcessesResult,
  type SourceParams,
  type SourceResult,
  type StartParams,
  type StartResult,
  type StopParams,
  type StopResult,
  type TextDocumentContentParams,
  type TextDocumentContentResult,
} from "./protocol.gen";

export const doctorRequest = new RequestType0<DoctorReport, HelperErrorData>(MethodDoctor);

export const listProcessesRequest = new RequestType0<ListProcessesResult, HelperErrorData>(
  MethodListProcesses,
);

/** LSP's WorkDoneProgressParams: the helper tells with $/progress how a request gets on. */
export interface Progressing {
  readonly workDoneToken?: string;
}

export const startRequest = new RequestType<
  StartParams & Progressing,
  StartResult,
  HelperErrorData
>(MethodStart);

export const stopRequest = new RequestType<StopParams, StopResult, HelperErrorData>(MethodStop);

export const sourceRequest = new RequestType<SourceParams, SourceResult, HelperErrorData>(
  MethodSource,
);

export const textDocumentContentRequest = new RequestType<
  TextDocumentContentParams,
  TextDocumentContentResult,
  HelperErrorData
>(MethodTextDocumentContent);

export const acknowledgeNotification = new NotificationType<AcknowledgeParams>(MethodAcknowledge);

export const deltaNotification = new NotificationType<Delta>(MethodDelta);

export const endedNotification = new NotificationType<EndedParams>(MethodEnded);
