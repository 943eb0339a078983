/** @tidings/react: one connection for the page, and hooks on it. */
export { TidingsProvider, type TidingsProviderProps } from "./TidingsProvider.js";
export { useChannel } from "./useChannel.js";
export { useConnection } from "./useConnection.js";
export { useEvent } from "./useEvent.js";
export { useTidings } from "./useTidings.js";
export { type UseWebSocket, useWebSocket } from "./useWebSocket.js";
