using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Osl.Operations.Auditing;
using Osl.Operations.Processes;

namespace Osl.Operations;

/// <summary>
/// The source-generated form of operations. What has its type's default value is not written, and what is missing gets it: so each
/// member of an operation has to mean "as a plain call would" by the default of its type. Unknown members are refused.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = false,
    MaxDepth = OperationJson.MaxDepth
)]
[JsonSerializable(typeof(SpawnProcessOperation))]
[JsonSerializable(typeof(RunProcessOperation))]
[JsonSerializable(typeof(ProcessSignalOperation))]
[JsonSerializable(typeof(KillProcessOperation))]
[JsonSerializable(typeof(KillProcessGroupOperation))]
[JsonSerializable(typeof(AttachProcessOperation))]
[JsonSerializable(typeof(ReleaseProcessOperation))]
[JsonSerializable(typeof(QueryProcessOperation))]
[JsonSerializable(typeof(QueryProcessGroupOperation))]
[JsonSerializable(typeof(Argument))]
[JsonSerializable(typeof(EnvironmentVariable))]
[JsonSerializable(typeof(StopStep))]
[JsonSerializable(typeof(StandardOutputConfig))]
[JsonSerializable(typeof(ProcessRef))]
[JsonSerializable(typeof(ProcessState))]
[JsonSerializable(typeof(GroupEntry))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(int))]
internal sealed partial class OperationJsonContext : JsonSerializerContext
{
    /// <summary>The form of records is <see cref="AuditJsonContext"/>'s: zeros are written there, unknown members let pass.</summary>
    [SuppressMessage("Performance", "CA1822:Mark members as static", Justification = "Stands beside the generated members.")]
    internal JsonTypeInfo<AuditRecord> AuditRecord => AuditJsonContext.Default.AuditRecord;
}
