import socket, threading, pytest, uvicorn


@pytest.fixture(scope="module")
def server():
    from tests.transports.app import app

    s = socket.socket()
    s.bind(("127.0.0.1", 0))
    s.listen(100)
    cfg = uvicorn.Config(app, log_level="warning")
    srv = uvicorn.Server(cfg)
    t = threading.Thread(target=srv.run, kwargs={"sockets": [s]}, daemon=True)
    t.start()
    yield f"http://127.0.0.1:{s.getsockname()[1]}"
    srv.should_exit = True
    t.join()
