"""All that an agent can do: python3 agent.py. How it is run, and what each part is for: docs/any-language.md."""
import grpc, itertools, os, queue, random, signal, sys, threading, time, uuid
from concurrent.futures import Future, ThreadPoolExecutor
from subprocess import PIPE, STDOUT, Popen
from parley.v1.agent_host_pb2 import *
from parley.v1.agent_registration_pb2 import AgentProfile, ChannelSubscription
profile = AgentProfile(name="Python", description="Counts what you say", capabilities=["executes-commands"],
    subscriptions=[ChannelSubscription(channel="human", types=["parcel"])])
first = AgentFrame(hello=AgentHello(profile=profile, instance_id=str(uuid.uuid4())))
token = [("authorization", "Bearer " + os.environ["JOIN_TOKEN"])] if "JOIN_TOKEN" in os.environ else []
fresh = os.environ.get("GRPC_URL", "127.0.0.1:50051"), [("grpc.use_local_subchannel_pool", 1)]
numbers, handlers, out, answers, stops, leaving = itertools.count(1), ThreadPoolExecutor(64), queue.SimpleQueue(), {}, {}, []
def say(work, **what): out.put(AgentFrame(work=work, **what))
def call(work, **what):  # has the server do something, and waits for it
    answers[number := next(numbers)] = answer = Future()
    say(work, call=HostCall(number=number, **what))
    if answer.result().error_code: raise RuntimeError(answer.result().error_message)
    return answer.result()
def message(work, given, stop):
    text, entry = given.message.text.removeprefix("@Python "), call(work, read_memory=ReadMemory(key="count")).entry
    count = WriteMemory(key="count", value=str(int(entry.value or 0) + 1), expected_version=entry.version)
    count = call(work, write_memory=count).entry.value  # where it was written before a crash, what was written then
    if text.startswith("ask "):
        text = call(work, ask=AskAgent(target_name=text.split()[1], text=text.split(maxsplit=2)[2])).reply.text
    say(work, piece=f"{given.user_name}, this is number {count}: ")  # shown at once
    while text == "go on" and not stop.wait(0.1):  # until the person stops the answer
        say(work, piece="on and ")
    say(work, reply=AgentReply(text=text))
def event(work, given, stop):
    call(work, publish=PublishEvent(channel="agents", type="parcel_seen", payload=given.event.payload))
    say(work, done=Done())
def command(work, given, stop):
    shell = Popen(given.line, shell=True, stdout=PIPE, stderr=STDOUT, start_new_session=True)
    threading.Thread(target=lambda: stop.wait() and shell.poll() is None and os.killpg(shell.pid, 15)).start()
    for line in shell.stdout:
        say(work, output=PrintedOutput(data=line))
    say(work, command_end=CommandEnd(exit_code=shell.wait()))
def take(work, kind, given):
    if kind == "welcome":
        first.hello.agent_id = given.agent_id
    elif kind == "answer":
        answers.pop(given.number).set_result(given)
    elif kind in ("stop", "over"):
        stops.pop(work, threading.Event()).set()
    else:  # one of the functions above; where it fails, it is tried again
        stops[work] = threading.Event()
        handlers.submit(globals()[kind], work, given, stops[work]).add_done_callback(
            lambda run: run.exception() and say(work, failed=Failure(message=str(run.exception()))))
signal.signal(signal.SIGTERM, lambda *_: leaving.append(AgentFrame(leave=Leave())) or out.put(leaving[0]))
while not leaving:  # a server that is away is waited for, and what was in hand comes again
    try:
        with grpc.insecure_channel(*fresh) as server:
            rpc = server.stream_stream("/parley.v1.AgentHost/Work", AgentFrame.SerializeToString, ServerFrame.FromString)
            for frame in rpc(itertools.chain([first], iter(out.get, None)), metadata=token):
                take(frame.work, frame.WhichOneof("frame"), getattr(frame, frame.WhichOneof("frame")))
        sys.exit()
    except grpc.RpcError as error:
        (ended, lost, stopped), (out, answers, stops) = (out, answers, stops), (queue.SimpleQueue(), {}, {})
        ended.put(None), [each.cancel() for each in list(lost.values())], [each.set() for each in list(stopped.values())]
        if error.code() not in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED): sys.exit(error.details())
        time.sleep(random.uniform(0.1, 2))
