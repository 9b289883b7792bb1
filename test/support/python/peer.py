"""A gRPC client in another language, for the tests: it shares no code with the product.

    peer.py <host:port> <descriptor set> <service/method> < request.json > answer.json
    peer.py <host:port> --reflect <service> > answer.json

The first makes one unary call. The request is proto JSON; the answer is {"response": proto JSON} or
{"error": {"code", "message", "details": [proto JSON with "@type"]}}, with "headers" and "trailers" beside it.
Types come from a descriptor set (`buf build -o`). PEER_METADATA, a JSON object, is sent as metadata.

The second asks server reflection for a service and builds its types from nothing else, as grpcurl does; the answer is
{"services": [...], "files": [...], "methods": [...]}.

Needs the packages grpcio and protobuf.
"""

import json
import os
import sys

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

TIMEOUT_SECONDS = 10

# google.rpc, which the distribution's packages leave out.
RPC_PROTO = {
    "name": "google/rpc/peer.proto",
    "package": "google.rpc",
    "syntax": "proto3",
    "dependency": ["google/protobuf/any.proto", "google/protobuf/duration.proto"],
    "messageType": [
        {
            "name": "Status",
            "field": [
                {"name": "code", "number": 1, "type": "TYPE_INT32", "label": "LABEL_OPTIONAL"},
                {"name": "message", "number": 2, "type": "TYPE_STRING", "label": "LABEL_OPTIONAL"},
                {
                    "name": "details",
                    "number": 3,
                    "type": "TYPE_MESSAGE",
                    "typeName": ".google.protobuf.Any",
                    "label": "LABEL_REPEATED",
                },
            ],
        },
        {
            "name": "ErrorInfo",
            "field": [
                {"name": "reason", "number": 1, "type": "TYPE_STRING", "label": "LABEL_OPTIONAL"},
                {"name": "domain", "number": 2, "type": "TYPE_STRING", "label": "LABEL_OPTIONAL"},
                {
                    "name": "metadata",
                    "number": 3,
                    "type": "TYPE_MESSAGE",
                    "typeName": ".google.rpc.ErrorInfo.MetadataEntry",
                    "label": "LABEL_REPEATED",
                },
            ],
            "nestedType": [
                {
                    "name": "MetadataEntry",
                    "options": {"mapEntry": True},
                    "field": [
                        {"name": "key", "number": 1, "type": "TYPE_STRING", "label": "LABEL_OPTIONAL"},
                        {"name": "value", "number": 2, "type": "TYPE_STRING", "label": "LABEL_OPTIONAL"},
                    ],
                }
            ],
        },
        {
            "name": "RetryInfo",
            "field": [
                {
                    "name": "retry_delay",
                    "number": 1,
                    "type": "TYPE_MESSAGE",
                    "typeName": ".google.protobuf.Duration",
                    "label": "LABEL_OPTIONAL",
                }
            ],
        },
        {
            "name": "RequestInfo",
            "field": [{"name": "request_id", "number": 1, "type": "TYPE_STRING", "label": "LABEL_OPTIONAL"}],
        },
        {
            "name": "BadRequest",
            "field": [
                {
                    "name": "field_violations",
                    "number": 1,
                    "type": "TYPE_MESSAGE",
                    "typeName": ".google.rpc.BadRequest.FieldViolation",
                    "label": "LABEL_REPEATED",
                }
            ],
            "nestedType": [
                {
                    "name": "FieldViolation",
                    "field": [
                        {"name": "field", "number": 1, "type": "TYPE_STRING", "label": "LABEL_OPTIONAL"},
                        {"name": "description", "number": 2, "type": "TYPE_STRING", "label": "LABEL_OPTIONAL"},
                        {"name": "reason", "number": 3, "type": "TYPE_STRING", "label": "LABEL_OPTIONAL"},
                    ],
                }
            ],
        },
    ],
}


def pool_of(files):
    """A pool of nothing but these files and google.rpc; fails when they do not fit together."""
    pool = descriptor_pool.DescriptorPool()
    for file in files:
        pool.AddSerializedFile(file.SerializeToString())
    names = {file.name for file in files}
    rpc = json_format.ParseDict(RPC_PROTO, descriptor_pb2.FileDescriptorProto())
    for name in rpc.dependency:
        if name not in names:
            known = descriptor_pb2.FileDescriptorProto()
            descriptor_pool.Default().FindFileByName(name).CopyToProto(known)
            pool.AddSerializedFile(known.SerializeToString())
    pool.AddSerializedFile(rpc.SerializeToString())
    return pool


def class_of(pool, name):
    described = pool.FindMessageTypeByName(name)
    if hasattr(message_factory, "GetMessageClass"):
        return message_factory.GetMessageClass(described)
    return message_factory.MessageFactory(pool).GetPrototype(described)  # protobuf before 4.22


def to_json(message, pool):
    return json_format.MessageToDict(message, preserving_proto_field_name=True, descriptor_pool=pool)


def plain(metadata):
    return {key: value for key, value in metadata or () if not key.endswith("-bin")}


def call(address, descriptor_set, path):
    with open(descriptor_set, "rb") as file:
        pool = pool_of(descriptor_pb2.FileDescriptorSet.FromString(file.read()).file)
    service, method = path.split("/")
    described = pool.FindServiceByName(service).FindMethodByName(method)
    request_class = class_of(pool, described.input_type.full_name)
    response_class = class_of(pool, described.output_type.full_name)
    request = json_format.ParseDict(json.load(sys.stdin), request_class(), descriptor_pool=pool)
    metadata = list(json.loads(os.environ.get("PEER_METADATA", "{}")).items())
    with grpc.insecure_channel(address) as channel:
        stub = channel.unary_unary(
            f"/{path}",
            request_serializer=request_class.SerializeToString,
            response_deserializer=response_class.FromString,
        )
        try:
            response, done = stub.with_call(request, timeout=TIMEOUT_SECONDS, metadata=metadata)
            answer = {"response": to_json(response, pool)}
        except grpc.RpcError as error:
            done = error
            answer = {"error": {"code": error.code().name, "message": error.details(), "details": details(error, pool)}}
    return {**answer, "headers": plain(done.initial_metadata()), "trailers": plain(done.trailing_metadata())}


def details(error, pool):
    found = []
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            for packed in class_of(pool, "google.rpc.Status").FromString(value).details:
                name = packed.type_url.split("/")[-1]
                found.append({"@type": name, **to_json(class_of(pool, name).FromString(packed.value), pool)})
    return found


# grpc.reflection.v1, written by hand: only the members that are used.
REFLECTION_PROTO = {
    "name": "reflection.proto",
    "package": "peer",
    "syntax": "proto3",
    "messageType": [
        {
            "name": "Request",
            "field": [
                {"name": "file_containing_symbol", "number": 4, "type": "TYPE_STRING", "label": "LABEL_OPTIONAL"},
                {"name": "list_services", "number": 7, "type": "TYPE_STRING", "label": "LABEL_OPTIONAL"},
            ],
        },
        {"name": "Files", "field": [{"name": "file", "number": 1, "type": "TYPE_BYTES", "label": "LABEL_REPEATED"}]},
        {"name": "Service", "field": [{"name": "name", "number": 1, "type": "TYPE_STRING", "label": "LABEL_OPTIONAL"}]},
        {
            "name": "Services",
            "field": [
                {
                    "name": "service",
                    "number": 1,
                    "type": "TYPE_MESSAGE",
                    "typeName": ".peer.Service",
                    "label": "LABEL_REPEATED",
                }
            ],
        },
        {
            "name": "Response",
            "field": [
                {"name": "files", "number": 4, "type": "TYPE_MESSAGE", "typeName": ".peer.Files", "label": "LABEL_OPTIONAL"},
                {
                    "name": "services",
                    "number": 6,
                    "type": "TYPE_MESSAGE",
                    "typeName": ".peer.Services",
                    "label": "LABEL_OPTIONAL",
                },
            ],
        },
    ],
}


def reflect(address, service):
    pool = pool_of([json_format.ParseDict(REFLECTION_PROTO, descriptor_pb2.FileDescriptorProto())])
    request_class, response_class = class_of(pool, "peer.Request"), class_of(pool, "peer.Response")
    answers = {}
    for version in ("v1", "v1alpha"):
        with grpc.insecure_channel(address) as channel:
            stream = channel.stream_stream(
                f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
                request_serializer=request_class.SerializeToString,
                response_deserializer=response_class.FromString,
            )
            requests = [request_class(list_services="*"), request_class(file_containing_symbol=service)]
            listed, described = list(stream(iter(requests), timeout=TIMEOUT_SECONDS))
        files = [descriptor_pb2.FileDescriptorProto.FromString(data) for data in described.files.file]
        # The asked file comes first and its imports after it; a pool wants them the other way round.
        built, waiting = [], list(files)
        while waiting:
            ready = [file for file in waiting if set(file.dependency) <= {other.name for other in built}]
            if not ready:
                raise SystemExit("files that nobody can import: " + ", ".join(file.name for file in waiting))
            built += ready
            waiting = [file for file in waiting if file not in ready]
        methods = pool_of(built).FindServiceByName(service).methods_by_name
        answers[version] = {
            "services": sorted(entry.name for entry in listed.services.service),
            "files": [file.name for file in files],
            "methods": sorted(methods),
        }
    return answers


if __name__ == "__main__":
    json.dump(reflect(sys.argv[1], sys.argv[3]) if sys.argv[2] == "--reflect" else call(*sys.argv[1:4]), sys.stdout)
