using System.Text.Json.Serialization;
using Osl.Operations.Auditing;
using Osl.Operations.Processes;

namespace Osl.Operations;

/// <summary>The source-generated JSON forms. Unknown members are refused by name; missing ones take their defaults.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = false
)]
[JsonSerializable(typeof(SpawnProcessOperation))]
[JsonSerializable(typeof(RunProcessOperation))]
[JsonSerializable(typeof(ProcessSignalOperation))]
[JsonSerializable(typeof(KillProcessOperation))]
[JsonSerializable(typeof(KillProcessGroupOperation))]
[JsonSerializable(typeof(QueryProcessOperation))]
[JsonSerializable(typeof(QueryProcessGroupOperation))]
[JsonSerializable(typeof(AuditRecord))]
[JsonSerializable(typeof(ProcessState))]
[JsonSerializable(typeof(GroupEntry))]
internal sealed partial class OperationJsonContext : JsonSerializerContext;
