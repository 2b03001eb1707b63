using System.Text.Json.Serialization;
using Osl.Operations.Auditing;

namespace Osl.Operations;

/// <summary>
/// The source-generated form of audit records. What is null is not written; zeros are, since a uid of 0 says something. Members that
/// are not known here are let pass: a journal is read by programs older than the one that wrote it.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip,
    RespectNullableAnnotations = false,
    MaxDepth = OperationJson.MaxDepth
)]
[JsonSerializable(typeof(AuditRecord))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(int))]
internal sealed partial class AuditJsonContext : JsonSerializerContext;
