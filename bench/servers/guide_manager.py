from typing import Dict, Set
from fastapi import WebSocket
import json
import uuid
from bench.servers.guide_types import WSEventType, create_ws_message

class ConnectionManager:
    def __init__(self):
        self.active_connections: Dict[str, WebSocket] = {}
        self.user_connections: Dict[str, str] = {}  # user_id -> connection_id
        self.subscriptions: Dict[str, Set[str]] = {}  # connection_id -> channels

    async def connect(self, websocket: WebSocket, user_id: str) -> str:
        await websocket.accept()
        connection_id = str(uuid.uuid4())
        self.active_connections[connection_id] = websocket
        self.user_connections[user_id] = connection_id
        self.subscriptions[connection_id] = set()
        
        # Send connection established message
        await self.send_to_connection(
            connection_id,
            create_ws_message(
                WSEventType.CONNECTION_ESTABLISHED,
                {"connection_id": connection_id, "user_id": user_id},
                str(uuid.uuid4())
            )
        )
        
        return connection_id

    def disconnect(self, connection_id: str):
        if connection_id in self.active_connections:
            del self.active_connections[connection_id]
        if connection_id in self.subscriptions:
            del self.subscriptions[connection_id]
        
        # Remove from user_connections
        for user_id, conn_id in list(self.user_connections.items()):
            if conn_id == connection_id:
                del self.user_connections[user_id]

    async def subscribe(self, connection_id: str, channels: list[str]):
        if connection_id in self.subscriptions:
            self.subscriptions[connection_id].update(channels)

    async def unsubscribe(self, connection_id: str, channels: list[str]):
        if connection_id in self.subscriptions:
            self.subscriptions[connection_id].difference_update(channels)

    async def send_to_connection(self, connection_id: str, message: dict):
        if connection_id in self.active_connections:
            websocket = self.active_connections[connection_id]
            await websocket.send_json(message)

    async def send_to_user(self, user_id: str, message: dict):
        connection_id = self.user_connections.get(user_id)
        if connection_id:
            await self.send_to_connection(connection_id, message)

    async def broadcast_to_channel(self, channel: str, message: dict):
        for connection_id, channels in self.subscriptions.items():
            if channel in channels:
                await self.send_to_connection(connection_id, message)

manager = ConnectionManager()
