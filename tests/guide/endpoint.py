from fastapi import WebSocket, WebSocketDisconnect, Depends
from tests.guide.live import WSEventType, create_ws_message

@app.websocket("/ws")
async def websocket_endpoint(
    websocket: WebSocket,
    token: str = Query(...),
    current_user = Depends(get_current_user_from_token)
):
    connection_id = await manager.connect(websocket, current_user.id)
    
    try:
        while True:
            # Receive message from client
            data = await websocket.receive_text()
            message = json.loads(data)
            
            # Handle different message types
            if message["type"] == WSEventType.SUBSCRIBE.value:
                channels = message["payload"]["channels"]
                await manager.subscribe(connection_id, channels)
                await manager.send_to_connection(
                    connection_id,
                    create_ws_message(
                        WSEventType.SUBSCRIBED,
                        {"channels": channels, "total": len(channels)},
                        str(uuid.uuid4())
                    )
                )
            
            elif message["type"] == WSEventType.UNSUBSCRIBE.value:
                channels = message["payload"]["channels"]
                await manager.unsubscribe(connection_id, channels)
            
            elif message["type"] == WSEventType.PING.value:
                await manager.send_to_connection(
                    connection_id,
                    {"type": WSEventType.PONG.value, "payload": {}}
                )
    
    except WebSocketDisconnect:
        manager.disconnect(connection_id)

from tests.guide.live import WSEventType, ScheduleCreatedPayload, create_ws_message

async def notify_schedule_created(schedule: Schedule):
    """Broadcast schedule created event"""
    message = create_ws_message(
        WSEventType.SCHEDULE_CREATED,
        ScheduleCreatedPayload(schedule=schedule),
        str(uuid.uuid4())
    )
    
    # Broadcast to schedules channel
    await manager.broadcast_to_channel("schedules", message)
    
    # Send to specific staff member
    await manager.send_to_user(schedule.staff_id, message)
