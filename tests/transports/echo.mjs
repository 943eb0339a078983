// A client that sends back every text, with `ws` or with Node's own WebSocket: node echo.mjs ws|own URL
import { WebSocket as Ws } from "ws";

const [kind, url] = process.argv.slice(2);
const socket = kind === "ws" ? new Ws(url, { perMessageDeflate: { threshold: 0 } }) : new WebSocket(url);
socket.onopen = () => socket.send(socket.extensions);
socket.onmessage = (message) => socket.send(message.data);
