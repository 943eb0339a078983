import { useEffect, useRef, useState } from 'react';
import { WebSocketClient } from '@tidings/client';

export function useWebSocket(url: string, token: string) {
  const [connected, setConnected] = useState(false);
  const clientRef = useRef<WebSocketClient | null>(null);

  useEffect(() => {
    const client = new WebSocketClient(url, token);
    clientRef.current = client;

    client.on('connection:established', () => {
      setConnected(true);
    });

    client.on('connection:error', () => {
      setConnected(false);
    });

    client.connect();

    return () => {
      client.disconnect();
    };
  }, [url, token]);

  const subscribe = (channels: string[]) => {
    clientRef.current?.subscribe(channels);
  };

  const unsubscribe = (channels: string[]) => {
    clientRef.current?.unsubscribe(channels);
  };

  const on = (eventType: string, handler: (payload: any) => void) => {
    clientRef.current?.on(eventType, handler);
  };

  const off = (eventType: string, handler: (payload: any) => void) => {
    clientRef.current?.off(eventType, handler);
  };

  const send = (message: any) => {
    clientRef.current?.send(message);
  };

  return { connected, subscribe, unsubscribe, on, off, send };
}
